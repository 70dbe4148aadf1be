# man: the manual, in mdoc.
dist_man_MANS += \
	man/postern-localserve.8 \
	man/postern-milter.8 \
	man/postern.8 \
	man/postern.conf.5

# The list of settings in postern.conf(5) is printed by the program; a test
# fails while the two differ.
update-man: ctl/postern
	ctl/postern config manual > man-settings.tmp
	$(AWK) '/^\.\\" settings: end/ { while ((getline l < list) > 0) print l; inside = 0 } \
		!inside { print } /^\.\\" settings: begin/ { inside = 1 }' \
		list=man-settings.tmp $(srcdir)/man/postern.conf.5 > man-page.tmp
	rm man-settings.tmp
	mv man-page.tmp $(srcdir)/man/postern.conf.5
.PHONY: update-man

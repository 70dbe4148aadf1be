# man: the manual, in mdoc.
dist_man_MANS += \
	man/postern-imapd.8 \
	man/postern-localserve.8 \
	man/postern-milter.8 \
	man/postern-store-protocol.7 \
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

# The same for the operations in postern-store-protocol(7).
update-man-store: t/system/request_list
	t/system/request_list -m > man-operations.tmp
	$(AWK) '/^\.\\" operations: end/ { while ((getline l < list) > 0) print l; inside = 0 } \
		!inside { print } /^\.\\" operations: begin/ { inside = 1 }' \
		list=man-operations.tmp $(srcdir)/man/postern-store-protocol.7 \
		> man-page.tmp
	rm man-operations.tmp
	mv man-page.tmp $(srcdir)/man/postern-store-protocol.7
.PHONY: update-man-store

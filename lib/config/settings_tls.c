/*
 * Certificates and versions of TLS.
 */
#include <config.h>

#include "config/settings_table-private.h"

/* In the order of the enums they name. */
static const char *const tls_versions[] = { "1.2", "1.3", NULL };

const struct settings_option settings_tls[] = {
	PATH("tls-cert", tls_cert, "", IMAPD | CTL | RELOAD,
	    GROUP("TLS"),
	    HELP("File with the certificate and the chain behind it, in PEM. "
	    "Empty: no TLS.")),
	PATH("tls-key", tls_key, "", IMAPD | CTL | RELOAD,
	    HELP("File with the private key, in PEM. Empty: the key is in "
	    "the file tls-cert.")),
	ENUM("tls-min-version", tls_min_version, "1.2", tls_versions,
	    IMAPD | RELOAD,
	    HELP("Oldest version of TLS that is spoken.")),
	STRING("tls-ciphers", tls_ciphers, "", IMAPD | RELOAD,
	    HELP("Ciphers for TLS 1.2, in OpenSSL's notation. Empty: "
	    "OpenSSL's own choice.")),

	{ .name = NULL }
};

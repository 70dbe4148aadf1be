/* settings_tls - the settings of TLS: certificate, version, ciphers. */
#include <config.h>

#include "config/settings_table-private.h"

/* In the order of the enums they name. */
static const char *const tls_versions[] = { "1.2", "1.3", NULL };

const struct settings_option settings_tls[] = {
	PATH("tls-cert", tls_cert, "", IMAPD | CTL | RELOAD,
	    GROUP("TLS"),
	    HELP("PEM file with the server's certificate, followed by its "
	    "chain. Empty: no TLS.")),
	PATH("tls-key", tls_key, "", IMAPD | CTL | RELOAD,
	    HELP("PEM file with the private key. Empty: the key is in the "
	    "file named by tls-cert.")),
	ENUM("tls-min-version", tls_min_version, "1.2", tls_versions,
	    IMAPD | RELOAD,
	    HELP("Oldest TLS version that is accepted.")),
	STRING("tls-ciphers", tls_ciphers, "", IMAPD | RELOAD,
	    HELP("Ciphers for TLS 1.2, in OpenSSL's notation. Empty: "
	    "OpenSSL's default.")),

	{ .name = NULL }
};

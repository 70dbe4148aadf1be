/*
 * encode - conversions between numbers and bytes
 *
 * Big-endian integers, hexadecimal, base64 (RFC 4648), CRC-32C (RFC 3720
 * B.4), UTF-8 checks (RFC 3629) and decimal numbers with bounds.
 */
#ifndef BASE_ENCODE_H
#define BASE_ENCODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

void be16_put(void *p, uint16_t v);
void be32_put(void *p, uint32_t v);
void be64_put(void *p, uint64_t v);
uint16_t be16_get(const void *p);
uint32_t be32_get(const void *p);
uint64_t be64_get(const void *p);

void hex_encode(struct buf *out, struct bytes in);
/* Returns 0, or -1 if the text is not pairs of hexadecimal digits. */
int hex_decode(struct buf *out, struct bytes in);

/* With padding, on one line. */
void base64_encode(struct buf *out, struct bytes in);
/*
 * Strict: correct padding, no other characters, no bits left over.  Returns 0,
 * or -1 with nothing appended.
 */
int base64_decode(struct buf *out, struct bytes in);
/* Returns the value of one digit, or -1; for decoders that are tolerant. */
int base64_digit(char c);

/* Continues from crc; begin with 0. */
uint32_t crc32c(uint32_t crc, const void *p, size_t n);
/* The CRC of two adjacent pieces, of which the second has n bytes. */
uint32_t crc32c_combine(uint32_t first, uint32_t second, uint64_t n);

/* Is it well-formed UTF-8 (no surrogates, no overlong forms)? */
bool utf8_is_valid(struct bytes b);
/* How many bytes at the beginning are whole characters. */
size_t utf8_valid_len(struct bytes b);
bool bytes_is_ascii(struct bytes b);

/*
 * Parses all of b as a decimal number up to max, digits only.  Returns 0 or -1.
 */
int decimal_parse(struct bytes b, uint64_t max, uint64_t *out);

#endif

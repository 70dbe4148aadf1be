/* encode - integers, hexadecimal, base64, CRC-32C, UTF-8 and decimal. */
#include <config.h>

#include <pthread.h>
#include <string.h>
#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

#include "base/encode.h"

void
be16_put(void *p, uint16_t v)
{
	uint8_t *b = p;

	b[0] = (uint8_t)(v >> 8);
	b[1] = (uint8_t)v;
}

void
be32_put(void *p, uint32_t v)
{
	be16_put(p, (uint16_t)(v >> 16));
	be16_put((uint8_t *)p + 2, (uint16_t)v);
}

void
be64_put(void *p, uint64_t v)
{
	be32_put(p, (uint32_t)(v >> 32));
	be32_put((uint8_t *)p + 4, (uint32_t)v);
}

uint16_t
be16_get(const void *p)
{
	const uint8_t *b = p;

	return (uint16_t)(b[0] << 8 | b[1]);
}

uint32_t
be32_get(const void *p)
{
	return (uint32_t)be16_get(p) << 16 | be16_get((const uint8_t *)p + 2);
}

uint64_t
be64_get(const void *p)
{
	return (uint64_t)be32_get(p) << 32 | be32_get((const uint8_t *)p + 4);
}

void
hex_encode(struct buf *out, struct bytes in)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < in.len; i++) {
		buf_byte(out, digits[(unsigned char)in.data[i] >> 4]);
		buf_byte(out, digits[in.data[i] & 15]);
	}
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int
hex_decode(struct buf *out, struct bytes in)
{
	size_t start = out->len;
	int hi, lo;

	if (in.len % 2 != 0)
		return -1;
	for (size_t i = 0; i < in.len; i += 2) {
		hi = hex_digit(in.data[i]);
		lo = hex_digit(in.data[i + 1]);
		if (hi < 0 || lo < 0) {
			out->len = start;
			return -1;
		}
		buf_byte(out, (char)(hi << 4 | lo));
	}
	return 0;
}

static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void
base64_encode(struct buf *out, struct bytes in)
{
	const unsigned char *p = (const unsigned char *)in.data;
	uint32_t v;
	size_t n;

	for (size_t i = 0; i < in.len; i += 3) {
		n = in.len - i;
		v = (uint32_t)p[i] << 16;
		if (n > 1)
			v |= (uint32_t)p[i + 1] << 8;
		if (n > 2)
			v |= p[i + 2];
		buf_byte(out, base64_digits[v >> 18]);
		buf_byte(out, base64_digits[v >> 12 & 63]);
		buf_byte(out, n > 1 ? base64_digits[v >> 6 & 63] : '=');
		buf_byte(out, n > 2 ? base64_digits[v & 63] : '=');
	}
}

int
base64_digit(char c)
{
	/* Values plus one; 0 means that it is not a digit. */
	static const unsigned char digits[256] = {
		['A'] = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
		17, 18, 19, 20, 21, 22, 23, 24, 25, 26,
		['a'] = 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39,
		40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52,
		['0'] = 53, 54, 55, 56, 57, 58, 59, 60, 61, 62,
		['+'] = 63, ['/'] = 64
	};

	return digits[(unsigned char)c] - 1;
}

/* Decodes four characters to up to three bytes.  Returns how many, or -1. */
static int
base64_quad(const char *p, bool last, char out[3])
{
	int pad = 0, d;
	uint32_t v = 0;

	if (last && p[3] == '=')
		pad = p[2] == '=' ? 2 : 1;
	for (int i = 0; i < 4 - pad; i++) {
		if ((d = base64_digit(p[i])) < 0)
			return -1;
		v |= (uint32_t)d << (18 - 6 * i);
	}
	out[0] = (char)(v >> 16);
	out[1] = (char)(v >> 8);
	out[2] = (char)v;
	if ((pad == 1 && out[2] != 0) || (pad == 2 && out[1] != 0))
		return -1;
	return 3 - pad;
}

int
base64_decode(struct buf *out, struct bytes in)
{
	size_t start = out->len;
	char piece[3];
	int n;

	if (in.len % 4 != 0)
		return -1;
	for (size_t i = 0; i < in.len; i += 4) {
		n = base64_quad(in.data + i, i + 4 == in.len, piece);
		if (n < 0) {
			out->len = start;
			return -1;
		}
		buf_add(out, piece, (size_t)n);
	}
	return 0;
}

#define CRC_POLYNOMIAL	0x82f63b78u	/* RFC 3720 B.4, reflected */

static uint32_t crc_table[256];
static pthread_once_t crc_once = PTHREAD_ONCE_INIT;

static void
crc_init(void)
{
	uint32_t c;

	for (uint32_t i = 0; i < 256; i++) {
		c = i;
		for (int k = 0; k < 8; k++)
			c = c & 1 ? c >> 1 ^ CRC_POLYNOMIAL : c >> 1;
		crc_table[i] = c;
	}
}

static uint32_t
crc_soft(uint32_t crc, const uint8_t *p, size_t n)
{
	pthread_once(&crc_once, crc_init);
	while (n-- > 0)
		crc = crc_table[(crc ^ *p++) & 255] ^ crc >> 8;
	return crc;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2")))
static uint32_t
crc_sse42(uint32_t crc, const uint8_t *p, size_t n)
{
	uint64_t c = crc, v;

	for (; n >= 8; p += 8, n -= 8) {
		memcpy(&v, p, 8);
		c = _mm_crc32_u64(c, v);
	}
	while (n-- > 0)
		c = _mm_crc32_u8((uint32_t)c, *p++);
	return (uint32_t)c;
}
#endif

uint32_t
crc32c(uint32_t crc, const void *p, size_t n)
{
#if defined(__x86_64__)
	if (__builtin_cpu_supports("sse4.2"))
		return ~crc_sse42(~crc, p, n);
#endif
	return ~crc_soft(~crc, p, n);
}

/*
 * A CRC is a polynomial modulo the generator P with its bits reflected: the
 * constant term is the highest bit.  Returns a * b mod P.
 */
static uint32_t
crc_multiply(uint32_t a, uint32_t b)
{
	uint32_t product = 0;

	for (; a != 0; a <<= 1) {
		if (a & 0x80000000u)
			product ^= b;
		b = b & 1 ? b >> 1 ^ CRC_POLYNOMIAL : b >> 1;
	}
	return product;
}

/* Appending n bytes to the first piece multiplies its CRC by x^8n. */
uint32_t
crc32c_combine(uint32_t first, uint32_t second, uint64_t n)
{
	uint32_t power = 0x00800000u;		/* x^8 */

	for (; n != 0; n >>= 1) {
		if (n & 1)
			first = crc_multiply(power, first);
		power = crc_multiply(power, power);
	}
	return first ^ second;
}

bool
bytes_is_ascii(struct bytes b)
{
	for (size_t i = 0; i < b.len; i++)
		if ((unsigned char)b.data[i] > 127)
			return false;
	return true;
}

/* Length of the well-formed character at p, or 0 (RFC 3629 4). */
static size_t
utf8_char_len(const unsigned char *p, size_t n)
{
	size_t len;

	if (p[0] < 0x80)
		return 1;
	len = p[0] >= 0xc2 && p[0] <= 0xdf ? 2 :
	    (p[0] & 0xf0) == 0xe0 ? 3 : p[0] >= 0xf0 && p[0] <= 0xf4 ? 4 : 0;
	if (len == 0 || len > n)
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
	    (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return len;
}

size_t
utf8_valid_len(struct bytes b)
{
	const unsigned char *p = (const unsigned char *)b.data;
	size_t step, i;

	for (i = 0; i < b.len; i += step)
		if ((step = utf8_char_len(p + i, b.len - i)) == 0)
			break;
	return i;
}

bool
utf8_is_valid(struct bytes b)
{
	return utf8_valid_len(b) == b.len;
}

int
decimal_parse(struct bytes b, uint64_t max, uint64_t *out)
{
	uint64_t v = 0;
	unsigned d;

	if (b.len == 0)
		return -1;
	for (size_t i = 0; i < b.len; i++) {
		if (b.data[i] < '0' || b.data[i] > '9')
			return -1;
		d = (unsigned)(b.data[i] - '0');
		if (d > max || v > (max - d) / 10)
			return -1;
		v = v * 10 + d;
	}
	*out = v;
	return 0;
}

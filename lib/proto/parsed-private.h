/*
 * parsed-private - the format of parsed records
 *
 * A number has 7 bits in each byte, the lowest first, with the top bit set in
 * all bytes but the last.  A string is its length as a number, then its bytes.
 *
 *	u8	version
 *	u8	1 if there is a date, else 0; if 1:
 *	u64 u16	its seconds, and its zone in minutes + ZONE_BIAS; big-endian
 *	items	PARSED_ITEMS times: number 0 if absent, else 1 + length, then
 *		the bytes; a list of ids is an item made of strings
 *	number	count of parts
 *	parts	to the end of the record, in the order of the message:
 *		number	depth
 *		u8	kind * 16 + encoding
 *		number	header_offset, header_len, body_len, body_lines
 *		string	type, subtype, charset
 */
#ifndef PROTO_PARSED_PRIVATE_H
#define PROTO_PARSED_PRIVATE_H

#define PARSED_ZONE_BIAS	1440
#define PARSED_SECONDS_MAX	((int64_t)1 << 40)
/* A longer type, subtype or charset is cut. */
#define PARSED_NAME_MAX		100

#endif

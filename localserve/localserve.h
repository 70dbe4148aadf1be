/*
 * localserve - a complete, private mail path on loopback
 *
 * `postern localserve' writes a configuration into a folder, starts imapd,
 * the milter and a Postfix of its own, starts again what dies, and stops all
 * on SIGINT or SIGTERM.  It is a place to develop a program that sends mail:
 * what isn't for an account there goes to you@localhost.
 */
#ifndef LOCALSERVE_LOCALSERVE_H
#define LOCALSERVE_LOCALSERVE_H

struct ctl;

/* The subcommand: reads its own options.  Returns the exit status. */
int cmd_localserve(struct ctl *c, int argc, char **argv);

#endif

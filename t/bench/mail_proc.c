/* Resources of a tree of processes, from /proc, as in proc(5). */
#include <config.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "bench/mail.h"

#define PROCS_MAX	20000

struct proc {
	pid_t pid, parent;
	uint64_t ticks;			/* including ended children */
	bool is_ours;
};

/* Reads the numbers after the name in /proc/PID/stat.  Returns false if the
   process is gone. */
static bool
proc_read(pid_t pid, struct proc *p)
{
	unsigned long long user, sys, child_user, child_sys;
	char path[64], line[1024];
	const char *at;
	FILE *f;
	int parent, n = 0;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if ((f = fopen(path, "re")) == NULL)
		return false;
	if (fgets(line, sizeof(line), f) != NULL &&
	    (at = strrchr(line, ')')) != NULL)
		n = sscanf(at + 1, " %*c %d %*d %*d %*d %*d %*u %*u %*u %*u "
		    "%*u %llu %llu %llu %llu", &parent, &user, &sys,
		    &child_user, &child_sys);
	fclose(f);
	if (n != 5)
		return false;
	p->pid = pid;
	p->parent = parent;
	p->ticks = user + sys + child_user + child_sys;
	p->is_ours = false;
	return true;
}

static size_t
procs_list(struct proc *list)
{
	struct dirent *e;
	size_t n = 0;
	long pid;
	DIR *d = opendir("/proc");

	if (d == NULL)
		fatal("cannot read /proc");
	while ((e = readdir(d)) != NULL && n < PROCS_MAX)
		if ((pid = strtol(e->d_name, NULL, 10)) > 0 &&
		    proc_read((pid_t)pid, &list[n]))
			n++;
	closedir(d);
	return n;
}

/* Marks the process and its descendants.  Parents may come in any order. */
static void
procs_mark(struct proc *list, size_t n, pid_t root)
{
	bool more = true;

	while (more) {
		more = false;
		for (size_t i = 0; i < n; i++) {
			bool ours = list[i].pid == root;

			for (size_t k = 0; k < n && !ours; k++)
				ours = list[k].is_ours &&
				    list[k].pid == list[i].parent;
			if (ours && !list[i].is_ours)
				list[i].is_ours = more = true;
		}
	}
}

static uint64_t
pss_of(pid_t pid)
{
	unsigned long long kb = 0;
	char path[64], line[256];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)pid);
	if ((f = fopen(path, "re")) == NULL)
		return 0;
	while (fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "Pss: %llu", &kb) == 1)
			break;
	fclose(f);
	return kb;
}

static uint64_t
tree_sum(pid_t root, bool pss)
{
	struct proc *list = calloc(PROCS_MAX, sizeof(*list));
	uint64_t sum = 0;
	size_t n;

	if (list == NULL)
		fatal("out of memory");
	n = procs_list(list);
	procs_mark(list, n, root);
	for (size_t i = 0; i < n; i++)
		if (list[i].is_ours)
			sum += pss ? pss_of(list[i].pid) : list[i].ticks;
	free(list);
	return sum;
}

uint64_t
proc_cpu_ms(pid_t pid)
{
	return pid == 0 ? 0 :
	    tree_sum(pid, false) * 1000 / (uint64_t)sysconf(_SC_CLK_TCK);
}

uint64_t
proc_pss_kb(pid_t pid)
{
	return pid == 0 ? 0 : tree_sum(pid, true);
}

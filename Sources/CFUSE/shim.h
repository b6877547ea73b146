#ifndef CFUSE_SHIM_H
#define CFUSE_SHIM_H

/* The API of libfuse 3.12 and later: the functions below are then functions, not macros that Swift cannot import. */
#define FUSE_USE_VERSION 312

#include <fuse_lowlevel.h>

/* The protocol of the kernel: the layout of directory entries, and of the answer to INIT. */
#include <linux/fuse.h>

/* setxattr, and its flags, which requests carry. */
#include <sys/xattr.h>

#endif

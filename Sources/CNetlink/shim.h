// libnl-3 (netlink messages and sockets) and libnl-route-3 (links), with the kernel's own numbers for rtnetlink.
#ifndef CNETLINK_SHIM_H
#define CNETLINK_SHIM_H

#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <linux/neighbour.h>
#include <linux/net_namespace.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sched.h>
#include <linux/veth.h>
#include <netlink/addr.h>
#include <netlink/attr.h>
#include <netlink/errno.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/route/link.h>
#include <netlink/route/link/inet6.h>
#include <netlink/route/link/vlan.h>
#include <netlink/route/link/vxlan.h>
#include <netlink/socket.h>
#include <sys/ioctl.h>

// sched.h hides it from programs that do not ask for GNU extensions, as Swift does not.
extern int setns(int file_descriptor, int namespace_type);

// Swift does not see macros that compute.
static const unsigned long netmodelfs_TUNSETIFF = TUNSETIFF;
static const unsigned long netmodelfs_TUNSETOWNER = TUNSETOWNER;
static const unsigned long netmodelfs_TUNSETPERSIST = TUNSETPERSIST;

#endif

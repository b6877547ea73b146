$net = '/net'
$l2  = "${net}/zones/z1/l2/vlan10"

# Each before the next: what stands on the L2 network, then the network itself.
file { [
    "${net}/l3/net1/ranges/office",
    "${net}/l3/net1/l2",
    "${l2}/clusters/c1",
    "${net}/zones/z1/clusters/c1/hypervisor",
    "${l2}/mtu",
  ]:
  ensure => absent,
  backup => false,
  before => File[$l2],
}
file { $l2:
  ensure => absent,
  force  => true,
  backup => false,
}

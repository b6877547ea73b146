$net = '/net'
$vlan = 10

$zone    = "${net}/zones/z1"
$cluster = "${zone}/clusters/c1"
$l2      = "${zone}/l2/vlan10"
$l3      = "${net}/l3/net1"

# The tree keeps no backups.
File { backup => false }

file { [$zone, $cluster, $l2, $l3]: ensure => directory }

# A file's directory comes before it by itself; netmodelfs check explains what would be refused.
$values = {
  "${cluster}/hypervisor"    => 'Simulator',
  "${l2}/physical-interface" => 'eth0',
  "${l2}/vlan"               => $vlan,
  "${l2}/mtu"                => 1600,
  "${l2}/description"        => 'VLAN of the office',
  "${l3}/ranges/office"      => '192.168.0.10-192.168.0.50/24 gateway=192.168.0.1',
}
$values.each |$path, $value| {
  file { $path:
    content      => "${value}\n",
    validate_cmd => "netmodelfs check ${path} %",
  }
}

# The L2 network is attached to the cluster when it is complete.
file { "${l2}/clusters/c1":
  ensure  => link,
  target  => '../../../clusters/c1',
  require => File[$cluster, "${cluster}/hypervisor", "${l2}/physical-interface", "${l2}/vlan"],
}

# The L3 network stands on the L2 network.
file { "${l3}/l2":
  ensure  => link,
  target  => '../../zones/z1/l2/vlan10',
  require => File[$l2],
  before  => File["${l3}/ranges/office"],
}

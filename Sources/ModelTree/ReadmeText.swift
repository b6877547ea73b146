/// The text of `README` at the top of the tree.
enum ReadmeText {
    static let bytes = Array(
        """
        This directory is the network of a data centre. What you write in it is checked and made real on its hosts.

          mkdir zones/z1                                    create a zone; in it clusters/C, clusters/C/hosts/H, l2/N
          echo netns:h1 > zones/z1/clusters/c1/hosts/h1/connection      say how a host is reached
          echo eth0 > zones/z1/l2/n1/physical-interface     set an attribute; the file exists if it was set
          echo 10 > zones/z1/l2/n1/vlan                     with a VLAN it is an L2VlanNetwork, without an L2NoVlanNetwork
          ln -s ../../../clusters/c1 zones/z1/l2/n1/clusters/c1         attach; rm detaches
          mkdir l3/a; ln -s ../../zones/z1/l2/n1 l3/a/l2    an L3 network on it
          echo '10.0.0.10-10.0.0.50/24 gateway=10.0.0.1' > l3/a/ranges/low      add a range; rm deletes it
          mkdir zones/z1/vms/v zones/z1/vms/v/nics/n        a VM with a NIC, then
          ln -s ../../../../../../l3/a zones/z1/vms/v/nics/n/l3         gives it an address, and
          echo Running > zones/z1/vms/v/state               places it on a host; netmodelfs why tells what is in the way

        state/    every effective value with its default, and what the hosts have; read-only
        schema/   what may be written where
        errors    the last refusals, each with its rule, its reason and a remedy; netmodelfs why shows the last one
        events    what happened, one line each: tail -f events
        metrics   counters, as OpenMetrics text

        Everything else is what people wrote, and nothing else: cp, tar, rsync, git and diff work on it.

        """.utf8)
}

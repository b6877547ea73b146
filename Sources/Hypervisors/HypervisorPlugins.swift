import Logging
import NetworkModel
import Realization

extension ExtensionRegistry {
    /// All hypervisors that come with netmodelfs. A new one is a folder beside these, and its lines here.
    public static func standard(
        agentPath: String, kvm: KVMOptions = KVMOptions(), esxi: ESXiOptions = ESXiOptions(), logger: Logger
    ) -> ExtensionRegistry {
        var registry = ExtensionRegistry()
        registry.register(KVMConnector(agentPath: agentPath, options: kvm, logger: logger))
        registry.register(KVMRealizeL2NoVlanNetworkBackend(options: kvm))
        registry.register(KVMRealizeL2VlanNetworkBackend(options: kvm))
        registry.registerESXi(esxi)
        registry.register(KVMRealizeL2VxlanNetworkBackend(options: kvm))
        registry.register(KVMRealizeL2OvsGreNetworkBackend(options: kvm))
        registry.registerSimulator()
        return registry
    }

    /// Hosts of VMware ESXi.
    public mutating func registerESXi(_ options: ESXiOptions) {
        register(ESXiConnector(options: options))
        register(VMwareRealizeL2NoVlanNetworkBackend(options: options))
        register(VMwareRealizeL2VlanNetworkBackend(options: options))
    }

    /// Simulated hosts; `journal` learns what they are asked.
    public mutating func registerSimulator(journal: SimulatorJournal? = nil) {
        register(SimulatorConnector(journal: journal))
        for type in L2NetworkType.allCases { register(SimulatorL2Backend(type)) }
    }
}

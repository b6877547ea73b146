import NetworkModel
import Realization

/// Reaches ESXi hosts through their own vSphere API; vCenter is not needed.
public struct ESXiConnector: HypervisorConnector {
    public let hypervisorType = HypervisorType.esxi
    private let options: ESXiOptions
    private let logins = LoginGuard()

    public init(options: ESXiOptions = ESXiOptions()) {
        self.options = options
    }

    public func connect(
        _ connection: HostConnection, haste: ConnectionHaste
    ) async throws(HostFailure) -> any HostChannel {
        guard case .https(let name, let port) = connection else {
            throw .unreachable("\(connection) is no connection of an ESXi host.")
        }
        let host = ESXiHost(
            authority: HostConnection.authority(name, port), options: options, logins: logins)
        let interrupt = host.interrupt
        let started: Result<String, HostFailure> = await withTaskCancellationHandler {
            do throws(HostFailure) {
                return .success(try await host.start())
            } catch {
                return .failure(error)
            }
        } onCancel: {
            interrupt.set()
        }
        return ESXiHostChannel(host: host, detail: try started.get())
    }
}

import DTLS
import Forwarder
import RelayTypes
import Testing

@Suite("What no media server can be made of is a sentence")
struct MediaServerConfigurationTests {
    private func sentence(_ change: (inout MediaServerConfiguration) -> Void) throws -> String {
        var configuration = MediaServerConfiguration(
            addresses: ["127.0.0.1"], certificate: try DTLSCertificate.generated())
        configuration.port = 0
        change(&configuration)
        do {
            _ = try MediaServer(configuration: configuration)
            return ""
        } catch {
            return "\(error)"
        }
    }

    @Test("wrong values are named, with what to write instead")
    func wrongValues() throws {
        #expect(try sentence { _ in } == "")
        #expect(try sentence { $0.addresses = [] }.contains("media.listen names no address"))
        #expect(try sentence { $0.addresses = ["localhost"] }.contains("'localhost' is not a numeric"))
        #expect(try sentence { $0.addresses = ["0.0.0.0"] }.contains("media.announce"))
        #expect(try sentence { $0.addresses = ["::"] }.contains("media.announce"))
        #expect(
            try sentence { $0.addresses = ["192.0.2.77"] }.contains("this machine has no address 192.0.2.77"))
        #expect(try sentence { $0.workers = 0 }.contains("media.workers is 0"))
        #expect(try sentence { $0.legsPerWorker = 0 }.contains("between 2 and"))
        #expect(
            try sentence {
                $0.port = 65_535
                $0.workers = 2
            }
            .contains("media.port 65535 is too high"))
    }

    @Test("a port that is taken is named")
    func takenPort() throws {
        let socket = try UDPSocket(address: "127.0.0.1", port: 0, index: 0)
        let port = socket.local.port
        #expect(
            try sentence { $0.port = port }
                == "port \(port) on 127.0.0.1 is taken by another program; stop that one or change media.port"
        )
        _ = consume socket
    }
}

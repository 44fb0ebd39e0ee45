import Crypto
import Foundation
import RelayConfig

/// The configuration file on this machine.
struct ConfigurationCheck {
    let finding: DoctorFinding
    /// Where the file says that the admin socket is; `nil` where it is wrong, or has none.
    let adminSocket: String?

    init(path: String) {
        do throws(ConfigError) {
            let config = try TidegateConfig.load(path: path)
            adminSocket = config.admin.socket.isEmpty ? nil : config.admin.socket
            guard let warning = config.warnings.first, !config.development else {
                finding = DoctorFinding("config", .ok, "\(path) is sound")
                return
            }
            finding = DoctorFinding(
                "config", .warn, "\(path): \(warning)", remedy: "see 'tidegate check-config'")
        } catch {
            adminSocket = nil
            finding = DoctorFinding(
                "config", .bad, "\(path) is wrong: \(error)".replacing("\n", with: " "),
                remedy: "mend it before the next start; 'tidegate check-config \(path)' shows every problem")
        }
    }

    /// Whether the file is the one that the server has read.
    ///
    /// - Parameter hash: SHA-256, hexadecimal digits, as the server told it.
    static func comparison(path: String, _ hash: String) -> [DoctorFinding] {
        guard let data = FileManager.default.contents(atPath: path) else { return [] }
        let digits = SHA256.hash(data: data)
            .map { byte in
                let text = String(byte, radix: 16)
                return text.count == 2 ? text : "0" + text
            }
        guard digits.joined() == hash else {
            return [
                DoctorFinding(
                    "config_in_use", .warn,
                    "\(path) is not what the server has read: it was changed, or is another file",
                    remedy: "reload the server or start it anew, when the changes are wanted")
            ]
        }
        return [DoctorFinding("config_in_use", .ok, "the server has read \(path) as it is")]
    }
}

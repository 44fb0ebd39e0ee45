internal import CSRTP

/// libsrtp2's status codes in this module's words.
internal enum SRTPStatus {
    internal static let badParameter = Int32(bitPattern: srtp_err_status_bad_param.rawValue)
    /// A failure without a more telling name.
    internal static let failed = Int32(bitPattern: srtp_err_status_fail.rawValue)

    /// - Returns: `nil` when all went well.
    internal static func error(_ status: srtp_err_status_t) -> SRTPError? {
        switch status {
        case srtp_err_status_ok: nil
        // The NSS build reports a wrong GCM tag as a cipher failure.
        case srtp_err_status_auth_fail, srtp_err_status_cipher_fail: .unauthenticated
        case srtp_err_status_replay_fail, srtp_err_status_replay_old, srtp_err_status_pkt_idx_old: .replayed
        // `cant_check`: an SRTCP packet without the E bit where encryption was agreed.
        case srtp_err_status_bad_param, srtp_err_status_parse_err, srtp_err_status_cant_check: .malformed
        case srtp_err_status_key_expired: .keyLimit
        default: .library(Int32(bitPattern: status.rawValue))
        }
    }
}

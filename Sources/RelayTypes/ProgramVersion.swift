/// What this build calls itself: the server, the operator's tool and the load tool are of one version.
package enum ProgramVersion {
    /// Semantic Versioning 2.0.0.
    package static let text = "0.1.0"
}

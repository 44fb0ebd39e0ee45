import Foundation
import Testing

@testable import Front

@Suite("conf/openapi.yaml")
struct OpenAPITests {
    /// `METHOD /path` of every call in the file: paths stand two columns in, their methods four.
    private func described() throws -> Set<String> {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let text = try String(contentsOf: root.appending(path: "conf/openapi.yaml"), encoding: .utf8)
        var calls: Set<String> = []
        var path = ""
        for line in text.split(separator: "\n") {
            if let match = line.wholeMatch(of: #/ {2}(/.*):/#) { path = String(match.1) }
            if !line.hasPrefix(" ") { path = "" }
            if !path.isEmpty, let match = line.wholeMatch(of: #/ {4}(get|put|post|patch|delete):/#) {
                calls.insert("\(match.1.uppercased()) \(path)")
            }
        }
        return calls
    }

    @Test("describes every call that the admin listener serves, and no other")
    func everyCall() async throws {
        let control = StubControl()
        let config = StubConfig()
        let routes = AdminRoutes(
            control: control, usage: { FrontUsage(connections: 0, webSockets: 0, refused: 0) }, token: nil,
            sources: SourceKeys(), config: config)
        let folder = try TemporaryFolder()
        let socket = folder.path + "/a.sock"
        var served: Set<String> = []
        try await withAdmin(control, at: .socket(path: socket), config: config) { _ in
            for path in routes.paths {
                let real = path.replacing(#/\{[a-z]+\}/#, with: "x")
                let answer = try await PlainHTTP.request("OPTIONS", real, at: .socket(socket))
                #expect(answer.status == 405, "\(path)")
                for method in try #require(answer.headers["allow"]).split(separator: ", ")
                where method != "HEAD" {
                    served.insert("\(method) \(path)")
                }
            }
        }
        #expect(served.count > 20)
        #expect(try described() == served)
    }
}

// swift-tools-version: 6.2
import PackageDescription

/// `tools/check` turns warnings into errors; a newer compiler's new warning must not stop anybody else.
let warnings: [SwiftSetting] =
    Context.environment["TIDEGATE_STRICT"] == nil ? [] : [.treatAllWarnings(as: .error)]

/// What every target of this package is compiled with.
let common: [SwiftSetting] =
    [
        .swiftLanguageMode(.v6),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableExperimentalFeature("Lifetimes"),
    ] + warnings

/// Modules without I/O, clock or tasks: an unsafe expression must say so (ARCHITECTURE.md section 1, rule 2).
let pure: [SwiftSetting] = common + [.strictMemorySafety()]

let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let hummingbirdTLS = Target.Dependency.product(name: "HummingbirdTLS", package: "hummingbird")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioWebSocket = Target.Dependency.product(name: "NIOWebSocket", package: "swift-nio")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let nioHTTPTypesHTTP1 = Target.Dependency.product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras")
let nioHTTPTypes = Target.Dependency.product(name: "NIOHTTPTypes", package: "swift-nio-extras")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let jwtKit = Target.Dependency.product(name: "JWTKit", package: "jwt-kit")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let tomlKit = Target.Dependency.product(name: "TOMLKit", package: "TOMLKit")
let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let histogram = Target.Dependency.product(name: "Histogram", package: "hdrhistogram-swift")
let asyncHTTPClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")

/// A module under `Sources` and its tests under `Tests`.
func room(
    _ name: String, _ dependencies: [Target.Dependency], settings: [SwiftSetting] = common,
    resources: [Resource]? = nil, tests: [Target.Dependency] = []
) -> [Target] {
    [
        .target(
            name: name, dependencies: dependencies, exclude: ["README.md"], resources: resources,
            swiftSettings: settings),
        .testTarget(
            name: name + "Tests", dependencies: [.target(name: name), "ReferenceTools"] + tests,
            swiftSettings: common),
    ]
}

/// One C library: nothing but a module map and a header.
func cellar(_ name: String, pkgConfig: String? = nil, debian package: String) -> Target {
    .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt([package])])
}

let package = Package(
    name: "tidegate",
    products: [
        .executable(name: "tidegate", targets: ["tidegate"]),
        .executable(name: "tidegatectl", targets: ["tidegatectl"]),
        .executable(name: "tidegate-load", targets: ["tidegate-load"]),
    ],
    dependencies: [
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
        .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
    ],
    targets: [
        // Cellar: C, one library for each Swift module.
        cellar("CNiceSTUN", debian: "libnice-dev"),
        cellar("CNiceAgent", pkgConfig: "nice", debian: "libnice-dev"),
        cellar("COpenSSL", pkgConfig: "openssl", debian: "libssl-dev"),
        .systemLibrary(name: "CPrefetch"),
        cellar("CSRTP", pkgConfig: "libsrtp2", debian: "libsrtp2-dev"),
        .target(name: "CLinuxNet", exclude: ["README.md"]),
        // What tests share.
        .target(name: "CAllocationCount", path: "Tests/CAllocationCount"),
        .target(name: "ReferenceTools", exclude: ["README.md"], swiftSettings: pure),
    ]
        // Under every floor.
        + room("RelayTypes", [], settings: pure)
        // Ground floor: the data plane.
        + room("Wire", [], settings: pure)
        + room("SDP", ["RelayTypes"], settings: pure, tests: ["RelayTypes"])
        + room("STUNCodec", ["RelayTypes", "CNiceSTUN"], tests: ["RelayTypes"])
        + room("DTLS", ["COpenSSL"])
        + room("SRTP", ["CSRTP", "COpenSSL", "CPrefetch"], tests: ["COpenSSL"])
        + [
            .target(
                name: "MediaControl", dependencies: ["RelayTypes"], exclude: ["README.md"],
                swiftSettings: pure)
        ]
        + room(
            "RelayCore",
            ["RelayTypes", "MediaControl", "Wire", "STUNCodec", "DTLS", "SRTP", "CPrefetch"], settings: pure,
            tests: ["RelayTypes", "MediaControl", "Wire", "STUNCodec", "DTLS", "SRTP"])
        + room(
            "Forwarder", ["RelayTypes", "RelayCore", "MediaControl", "CLinuxNet", "DTLS"],
            tests: [
                "RelayTypes", "RelayCore", "MediaControl", "DTLS", "STUNCodec", "SRTP", "Wire",
                "CAllocationCount",
            ])
        + room(
            "RelayTestKit",
            [
                "RelayTypes", "STUNCodec", "DTLS", "SRTP", "SDP", "CNiceAgent", "ReferenceTools", nioCore,
                nioPosix, nioWebSocket,
            ],
            tests: ["RelayTypes", "SDP", "DTLS", "Forwarder", "MediaControl"])
        // Upper floor: the control plane.
        + room("Policy", ["RelayTypes"], settings: pure, tests: ["RelayTypes"])
        + room("Matchmaking", ["RelayTypes"], settings: pure, tests: ["RelayTypes"])
        + room("Signalling", ["RelayTypes"], settings: pure, tests: ["RelayTypes"])
        + room("Sealing", ["RelayTypes", crypto], tests: ["RelayTypes"])
        + room("Storage", ["RelayTypes", "Sealing", grdb, crypto], tests: ["RelayTypes", "Sealing", grdb])
        + room("Attestation", ["RelayTypes", jwtKit, crypto], tests: ["RelayTypes", jwtKit, crypto])
        + room(
            "Hooks", ["RelayTypes", "Storage", asyncHTTPClient, crypto, nioCore, nioHTTP1, logging],
            tests: ["RelayTypes", "Storage", asyncHTTPClient, nioCore, nioPosix, nioHTTP1, logging])
        + room("RelayConfig", [tomlKit, crypto])
        + room("Telemetry", [])
        + room(
            "Switchboard",
            [
                "RelayTypes", "MediaControl", "SDP", "Signalling", "Matchmaking", "Policy", "Sealing",
                "Storage", "Hooks",
                "Attestation", logging,
            ],
            tests: [
                "RelayTypes", "MediaControl", "Policy", "Signalling", "Sealing", "Storage", "Attestation",
                "Hooks", logging,
            ])
        + room(
            "Front",
            [
                "RelayTypes", "MediaControl", "Switchboard", "Signalling", "Storage", "Telemetry", "Hooks",
                crypto, hummingbird, hummingbirdCore,
                hummingbirdTLS, nioCore, nioPosix, nioHTTP1, nioWebSocket, nioHTTPTypes, nioHTTPTypesHTTP1,
                nioSSL,
                httpTypes, logging, lifecycle,
            ],
            resources: [.embedInCode("Client")],
            tests: [
                "RelayTypes", "Storage", "Switchboard", "Signalling", "Hooks", "RelayTestKit", "DTLS",
                nioCore, nioPosix,
                nioWebSocket, nioSSL, logging, lifecycle,
            ])
        // The whole house, with synthetic browsers.
        + [
            .testTarget(
                name: "EndToEndTests",
                dependencies: [
                    "Attestation", "DTLS", "Forwarder", "Front", "MediaControl", "RelayTestKit", "RelayTypes",
                    "Signalling", "Storage", "Switchboard", logging, lifecycle,
                ],
                swiftSettings: common)
        ]
        // Roof: the programs.
        + [
            .executableTarget(
                name: "tidegate",
                dependencies: [
                    "Attestation", "DTLS", "Forwarder", "Front", "Hooks", "RelayConfig", "RelayTypes",
                    "Signalling", "Sealing", "Storage", "Switchboard", argumentParser, crypto, logging,
                    lifecycle, unixSignals,
                ],
                exclude: ["README.md"], swiftSettings: common),
            .executableTarget(
                name: "tidegatectl",
                dependencies: [
                    "RelayConfig", "RelayTypes", "STUNCodec", "Sealing", argumentParser, asyncHTTPClient,
                    crypto,
                    nioCore, nioHTTP1,
                ],
                path: "tools/tidegatectl", exclude: ["README.md"], swiftSettings: common),
            .testTarget(
                name: "TidegatectlTests", dependencies: ["tidegatectl", crypto], swiftSettings: common),
            .target(
                name: "CLoadNet", path: "tools/tidegate-load/CLoadNet", exclude: ["README.md"]),
            .target(
                name: "CLoadCipher", dependencies: ["CSRTP", "COpenSSL"],
                path: "tools/tidegate-load/CLoadCipher", exclude: ["README.md"]),
            .target(
                name: "LoadEngine",
                dependencies: [
                    "RelayTypes", "Wire", "STUNCodec", "DTLS", "SRTP", "CLoadNet", "CLoadCipher",
                    "RelayTestKit",
                    "ReferenceTools", histogram,
                ],
                path: "tools/tidegate-load/Engine", exclude: ["README.md"], swiftSettings: common),
            .testTarget(
                name: "LoadEngineTests",
                dependencies: [
                    "LoadEngine", "RelayTypes", "Forwarder", "MediaControl", "DTLS", "SDP", "ReferenceTools",
                    "RelayTestKit", histogram,
                ],
                swiftSettings: common),
            .executableTarget(
                name: "tidegate-load",
                dependencies: [
                    "LoadEngine", "RelayTypes", "ReferenceTools", argumentParser, histogram, asyncHTTPClient,
                    crypto, nioCore, nioPosix, nioHTTP1, nioSSL, nioWebSocket, unixSignals,
                ],
                path: "tools/tidegate-load/Program", swiftSettings: common),
            .testTarget(
                name: "TidegateLoadTests",
                dependencies: [
                    "tidegate-load", argumentParser, "Attestation", "LoadEngine", "RelayTypes",
                    "ReferenceTools",
                    histogram,
                ],
                swiftSettings: common),
            .executableTarget(
                name: "tidegate-bench",
                dependencies: ["DTLS", "RelayTestKit", "RelayTypes", "SRTP", "STUNCodec"],
                path: "tools/bench/Driver", swiftSettings: common),
            .testTarget(
                name: "ProgramTests",
                dependencies: [
                    "tidegate", "tidegatectl", "tidegate-load", "Attestation", "DTLS", "Forwarder",
                    "ReferenceTools", "RelayTestKit", "RelayTypes", "Switchboard", "Telemetry", "RelayConfig",
                    "Hooks",
                ],
                swiftSettings: common),
        ],
)

import ArgumentParser
import Testing

@testable import tidegate_load

@Suite("The command line") struct OptionTests {
    @Test("has a name") func name() { #expect(TidegateLoad.configuration.commandName == "tidegate-load") }
}

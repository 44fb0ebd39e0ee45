import RelayTypes
import Signalling
import Testing

/// One message in JSON, and what it is read as.
struct MessageRow: CustomTestStringConvertible, Sendable {
    let json: String
    let frame: ClientFrame
    var testDescription: String { String(json.prefix(80)) }

    init(_ json: String, _ message: ClientMessage, id: MessageID? = nil) {
        self.json = json
        frame = ClientFrame(message, id: id)
    }

    static let all = [
        MessageRow(#"{"type":"hello","version":1}"#, .hello(version: 1, token: nil, resume: nil)),
        MessageRow(
            #"{"type":"hello","version":7,"token":"a.b.c","resume":"r"}"#,
            .hello(version: 7, token: "a.b.c", resume: "r")),
        MessageRow(#"{"type":"nonce"}"#, .nonce),
        MessageRow(#"{"type":"attest","token":"a.b.c"}"#, .attest(token: "a.b.c")),
        MessageRow(#"{"type":"join"}"#, .join(JoinRequest())),
        MessageRow(
            #"{"type":"join","interests":["Go", "星"],"languages":["de","pt-BR"],"media":"text"}"#,
            .join(JoinRequest(interests: ["Go", "星"], languages: ["de", "pt-BR"], media: .text))),
        MessageRow(#"{"type":"join","media":"video","interests":[]}"#, .join(JoinRequest())),
        MessageRow(#"{"type":"answer","sdp":"v=0\r\n"}"#, .answer(sdp: "v=0\r\n")),
        MessageRow(#"{"type":"answer","sdp":""}"#, .answer(sdp: "")),
        MessageRow(#"{"type":"accept","pair":"p"}"#, .accept(pair: PairID("p"))),
        MessageRow(#"{"type":"next"}"#, .next(pair: nil, block: false)),
        MessageRow(#"{"type":"next","pair":"p","block":true}"#, .next(pair: PairID("p"), block: true)),
        MessageRow(#"{"type":"leave"}"#, .leave),
        MessageRow(#"{"type":"report","reason":"minor"}"#, .report(ReportRequest(reason: "minor"))),
        MessageRow(
            #"{"type":"report","reason":"other","comment":"","pair":"p","receipt":"r"}"#,
            .report(ReportRequest(reason: "other", comment: "", pair: PairID("p"), receipt: "r"))),
        MessageRow(
            #"{"type":"chat","text":"hi \ud83d\ude00 \"\\\/\b\f\n\r\t"}"#,
            .chat(text: "hi 😀 \"\\/\u{8}\u{c}\n\r\t", pair: nil)),
        MessageRow(#"{"type":"chat","text":"x","pair":"p"}"#, .chat(text: "x", pair: PairID("p"))),
        MessageRow(#"{"type":"typing","on":false}"#, .typing(on: false, pair: nil)),
        MessageRow(#"{"type":"typing","on":true,"pair":"p"}"#, .typing(on: true, pair: PairID("p"))),
        MessageRow(
            #"{"type":"appeal","decision":"d","comment":"no"}"#, .appeal(decision: "d", comment: "no")),
        // Around a message: space, order, ignored members, every kind of id.
        MessageRow(" \t\r\n{ \"id\" : \"a\" , \"type\" : \"leave\" } \n", .leave, id: .text("a")),
        MessageRow(#"{"type":"leave","x":[{"y":[1e999,-0.5,1E+2,true,false,null]}],"on":"?"}"#, .leave),
        MessageRow(#"{"type":"leave","id":0}"#, .leave, id: .number(0)),
        MessageRow(#"{"type":"leave","id":-0}"#, .leave, id: .number(0)),
        MessageRow(#"{"type":"leave","id":9007199254740992}"#, .leave, id: .number(1 << 53)),
        MessageRow(#"{"type":"leave","id":-9007199254740992}"#, .leave, id: .number(-(1 << 53))),
        MessageRow(#"{"type":"leave","id":""}"#, .leave, id: .text("")),
        MessageRow(#"{"\u0074ype":"leave","id":"\u00e9"}"#, .leave, id: .text("é")),
        MessageRow(#"{"type":"leave","x":"\u0000"}"#, .leave),
    ]
}

/// One wrong message, and what it is answered with.
struct FaultRow: CustomTestStringConvertible, Sendable {
    let json: String
    let code: ErrorCode
    let id: MessageID?
    var testDescription: String { String(json.prefix(80)) }

    init(_ json: String, _ code: ErrorCode, id: MessageID? = nil) {
        (self.json, self.code, self.id) = (json, code, id)
    }

    static let notJSON = [
        "", " ", "{", "}", "{}{}", "[", "[1,]", "{\"a\":1,}", "{\"a\"}", "{\"a\":}", "{a:1}", "{'a':1}",
        "{\"a\" 1}",
        "{\"type\":\"leave\"} x", "{\"type\":\"leave\"", "\"", "\"\\", "\"\\u12", "\"\\x\"", "\"\u{1}\"",
        "tru", "nul", "True", "NaN", "Infinity", "-", "01", "-01", "1.", ".5", "+1", "1e", "1e+", "0x10",
        "\u{feff}{\"type\":\"leave\"}", "// no\n{}", "\"\\ud800\"", "\"\\udc00\"", "\"\\ud800\\u0041\"",
        "\"\\ud800\\ud800\"", "\"\\ud800x\"", "{\"type\":\"leave\",\"type\":\"leave\"}",
        "{\"type\":\"leave\",\"x\":{\"a\":1,\"\\u0061\":2}}",
    ]
    .map { FaultRow($0, .badJSON) }

    static let wrongShape = [
        FaultRow("null", .badMessage),
        FaultRow("1", .badMessage),
        FaultRow("\"leave\"", .badMessage),
        FaultRow("[{\"type\":\"leave\"}]", .badMessage),
        FaultRow("{}", .badMessage),
        FaultRow(#"{"type":1}"#, .badMessage),
        FaultRow(#"{"type":null,"id":5}"#, .badMessage, id: .number(5)),
        FaultRow(#"{"type":"leave","id":1.0}"#, .badMessage),
        FaultRow(#"{"type":"leave","id":1e2}"#, .badMessage),
        FaultRow(#"{"type":"leave","id":9007199254740993}"#, .badMessage),
        FaultRow(#"{"type":"leave","id":-9007199254740993}"#, .badMessage),
        FaultRow(#"{"type":"leave","id":99999999999999999999999999}"#, .badMessage),
        FaultRow(#"{"type":"leave","id":true}"#, .badMessage),
        FaultRow(#"{"type":"leave","id":null}"#, .badMessage),
        FaultRow(#"{"type":"leave","id":["a"]}"#, .badMessage),
        FaultRow(#"{"type":"leave","id":"a\u0000"}"#, .badMessage),
        FaultRow(#"{"type":"hello","id":"a"}"#, .badMessage, id: .text("a")),
        FaultRow(#"{"type":"hello","version":"1"}"#, .badMessage),
        FaultRow(#"{"type":"hello","version":true}"#, .badMessage),
        FaultRow(#"{"type":"hello","version":1.0}"#, .badMessage),
        FaultRow(#"{"type":"hello","version":99999999999999999999}"#, .badMessage),
        FaultRow(#"{"type":"hello","version":1,"resume":7}"#, .badMessage),
        FaultRow(#"{"type":"hello","version":1,"token":{}}"#, .badMessage),
        FaultRow(#"{"type":"attest"}"#, .badMessage),
        FaultRow(#"{"type":"attest","token":""}"#, .badMessage),
        FaultRow(#"{"type":"join","interests":"go"}"#, .badMessage),
        FaultRow(#"{"type":"join","interests":[1]}"#, .badMessage),
        FaultRow(#"{"type":"join","interests":[null]}"#, .badMessage),
        FaultRow(#"{"type":"join","interests":null}"#, .badMessage),
        FaultRow(#"{"type":"join","interests":{"0":"a"}}"#, .badMessage),
        FaultRow(#"{"type":"join","interests":["a\u0000"]}"#, .badMessage),
        FaultRow(#"{"type":"join","languages":["e n"]}"#, .badMessage),
        FaultRow(#"{"type":"join","media":"audio"}"#, .badMessage),
        FaultRow(#"{"type":"join","media":true}"#, .badMessage),
        FaultRow(#"{"type":"answer"}"#, .badMessage),
        FaultRow(#"{"type":"answer","sdp":["v=0"]}"#, .badMessage),
        FaultRow(#"{"type":"answer","sdp":"v=0\u0000"}"#, .badMessage),
        FaultRow(#"{"type":"accept","id":3}"#, .badMessage, id: .number(3)),
        FaultRow(#"{"type":"accept","pair":""}"#, .badMessage),
        FaultRow(#"{"type":"accept","pair":7}"#, .badMessage),
        FaultRow(#"{"type":"next","block":1}"#, .badMessage),
        FaultRow(#"{"type":"next","block":"true"}"#, .badMessage),
        FaultRow(#"{"type":"next","pair":null}"#, .badMessage),
        FaultRow(#"{"type":"report"}"#, .badMessage),
        FaultRow(#"{"type":"report","reason":"minor","comment":5}"#, .badMessage),
        FaultRow(#"{"type":"report","reason":""}"#, .badMessage),
        FaultRow(#"{"type":"chat"}"#, .badMessage),
        FaultRow(#"{"type":"chat","text":""}"#, .badMessage),
        FaultRow(#"{"type":"chat","text":"a\u0000b"}"#, .badMessage),
        FaultRow(#"{"type":"typing"}"#, .badMessage),
        FaultRow(#"{"type":"typing","on":0}"#, .badMessage),
        FaultRow(#"{"type":"appeal","decision":"d"}"#, .badMessage),
        FaultRow(#"{"type":"appeal","comment":"c"}"#, .badMessage),
    ]

    static let unknown = [
        FaultRow(#"{"type":"","id":"x"}"#, .unknownType, id: .text("x")),
        FaultRow(#"{"type":"dance","id":1}"#, .unknownType, id: .number(1)),
        FaultRow(#"{"type":"Leave"}"#, .unknownType),
        FaultRow(#"{"type":"welcome"}"#, .unknownType),
    ]
}

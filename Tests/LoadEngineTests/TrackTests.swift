import ReferenceTools
import Testing

@testable import LoadEngine

@Suite("What a receiver knows of a stream") struct TrackTests {
    @Test(
        "loss, duplicates and reordering are counted as they were made", arguments: [1, 2, 3, 4] as [UInt64])
    func counts(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        var track = MarkTrack()
        _ = track.turn(sender: 1, pair: 1, window: 1)
        var (lost, duplicates, late) = (UInt64(0), 0, 0)
        var (foundDuplicates, foundLate) = (0, 0)
        var delayed: UInt32?
        func note(_ counter: UInt32) {
            switch track.note(counter) {
            case .new: break
            case .late: foundLate += 1
            case .duplicate: foundDuplicates += 1
            }
        }
        note(0)
        for counter in 1..<5_000 as Range<UInt32> {
            switch Int.random(in: 0..<10, using: &generator) {
            case 0: lost += 1
            case 1:
                note(counter)
                note(counter)
                duplicates += 1
            case 2 where delayed == nil: delayed = counter
            default: note(counter)
            }
            if let number = delayed, number + 5 == counter {
                note(number)
                late += track.lost == 0 ? 0 : 1
                delayed = nil
            }
        }
        if let delayed { note(delayed) }
        note(5_000)
        #expect(track.lost == lost, "seed \(seed)")
        #expect(foundDuplicates == duplicates, "seed \(seed)")
        #expect(foundLate > 0, "seed \(seed)")
    }

    @Test("another pair or window begins anew, and hands over what was lost") func turns() {
        var track = MarkTrack()
        let result1 = track.turn(sender: 1, pair: 1, window: 1)
        #expect(result1 == 0)
        _ = track.note(10)
        _ = track.note(13)
        let result2 = track.turn(sender: 1, pair: 1, window: 1)
        #expect(result2 == 0)
        let result3 = track.turn(sender: 1, pair: 1, window: 2)
        #expect(result3 == 2)
        _ = track.note(500)
        #expect(track.lost == 0)
    }

    @Test("a key frame is whole when its last missing packet is there") func keyFrame() {
        var track = PictureTrack()
        let result4 = track.take(track.extended(65_534), marker: false, startsKeyFrame: true, at: 1)
        #expect(!result4)
        let result5 = track.take(track.extended(0), marker: true, startsKeyFrame: false, at: 2)
        #expect(!result5)
        #expect(track.missingCount == 1)
        let result6 = track.due(0, at: 3)
        #expect(result6 == 65_535)
        let result7 = track.due(0, at: 4)
        #expect(result7 == nil, "it was asked for just now")
        #expect(track.needsKeyFrame)
        let result8 = track.take(track.extended(65_535), marker: false, startsKeyFrame: false, at: 5)
        #expect(result8)
        #expect(!track.needsKeyFrame)
        #expect(track.missingCount == 0)
    }

    @Test("a packet that never comes ends in the wish for a key frame") func abandons() {
        var track = PictureTrack()
        let result9 = track.take(track.extended(10), marker: true, startsKeyFrame: true, at: 1)
        #expect(result9)
        _ = track.take(track.extended(12), marker: true, startsKeyFrame: false, at: 2)
        var time: UInt64 = 2
        for _ in 0..<PictureTrack.mostRequests {
            let result10 = track.due(0, at: time)
            #expect(result10 == 11)
            time += PictureTrack.requestInterval
        }
        track.abandon()
        #expect(track.missingCount == 0)
        let result11 = track.wantsKeyFrame(at: time)
        #expect(result11)
        let result12 = track.wantsKeyFrame(at: time)
        #expect(!result12, "not twice in a moment")
    }

    @Test("a wheel fires what is due, never early, each once", arguments: [1, 2, 3] as [UInt64])
    func wheel(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        var wheel = TimingWheel(peers: 100, now: 0)
        var due: [Int: UInt64] = [:]
        for peer in 0..<100 {
            due[peer] = UInt64.random(in: 0..<30_000_000_000, using: &generator)
            wheel.arm(peer, .audio, at: 1)
            wheel.arm(peer, .audio, at: due[peer, default: 0])
        }
        wheel.disarm(7, .audio)
        due[7] = nil
        for step in 1...3_100 as ClosedRange<UInt64> {
            let now = step * 10_000_000
            while let fired = wheel.next(at: now) {
                let expected = due.removeValue(forKey: fired.peer)
                #expect(expected == fired.time, "seed \(seed)")
                #expect(fired.time <= now, "seed \(seed)")
                #expect(fired.time + 11_000_000 > now, "seed \(seed): late")
            }
        }
        #expect(due.isEmpty)
    }
}

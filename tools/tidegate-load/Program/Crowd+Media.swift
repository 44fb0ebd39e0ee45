internal import LoadEngine
internal import RelayTypes

/// What the engine tells of the media.
extension Crowd {
    /// Every 10 ms, until the end.
    func takeEngineEvents() {
        for event in engine.takeEvents() { note(event) }
        schedule(10_000_000) { $0.takeEngineEvents() }
    }

    private func note(_ event: EngineEvent) {
        switch event {
        case .connected, .closedByServer: break
        case .failed(_, let why): measurements.surprise("media: \(why)")
        case .firstSound(let peer, _, let at):
            guard let person = person(peer), firstHeardIn[person.number] != person.life else { return }
            firstHeardIn[person.number] = person.life
            measurements.firstSound.record(nanoseconds: at &- min(at, person.lifeBeganAt))
        case .firstPicture(let peer, let pair, let at):
            guard let person = person(peer), let name = pairNames[pair] else { return }
            if firstSeenIn[person.number] != person.life {
                firstSeenIn[person.number] = person.life
                measurements.firstPicture.record(nanoseconds: at &- min(at, person.lifeBeganAt))
            }
            if let since = truth.openSince(name, .video) {
                measurements.releaseToPicture.record(nanoseconds: at &- min(at, since))
            }
            let said = nextSaidAt[person.number]
            guard said > 0, person.pair == name else { return }
            nextSaidAt[person.number] = 0
            measurements.nextToPicture.record(nanoseconds: at &- min(at, said))
        }
    }

    private func person(_ peer: PeerNumber) -> Person? {
        people.indices.contains(Int(peer.value)) ? people[Int(peer.value)] : nil
    }
}

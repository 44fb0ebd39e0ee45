/// AES as FIPS 197 describes it: slow, short, and written without a look at any library.
///
/// For vectors only.
struct ReferenceAES {
    private let roundKeys: [[UInt8]]

    /// - Parameter key: 16 or 32 bytes.
    init(key: [UInt8]) {
        let words = key.count / 4
        let rounds = words + 6
        var schedule = (0..<words).map { Array(key[(4 * $0)..<(4 * $0 + 4)]) }
        var roundConstant: UInt8 = 1
        for index in words..<(4 * (rounds + 1)) {
            var word = schedule[index - 1]
            if index % words == 0 {
                word = [word[1], word[2], word[3], word[0]].map { Self.sBox[Int($0)] }
                word[0] ^= roundConstant
                roundConstant = Self.double(roundConstant)
            } else if words > 6, index % words == 4 {
                word = word.map { Self.sBox[Int($0)] }
            }
            schedule.append(zip(schedule[index - words], word).map { $0 ^ $1 })
        }
        roundKeys = (0...rounds).map { round in (0..<4).flatMap { schedule[4 * round + $0] } }
    }

    func encrypt(_ block: [UInt8]) -> [UInt8] {
        var state = Self.xor(block, roundKeys[0])
        for round in 1..<roundKeys.count {
            state = state.map { Self.sBox[Int($0)] }
            state = (0..<16).map { state[($0 + 4 * ($0 % 4)) % 16] }  // ShiftRows, column by column.
            if round < roundKeys.count - 1 { state = Self.mixColumns(state) }
            state = Self.xor(state, roundKeys[round])
        }
        return state
    }

    /// Key stream of counter mode: the counter is the last 16 bits for SRTP, the last 32 for GCM; both just
    /// add.
    func keystream(from block: [UInt8], count: Int) -> [UInt8] {
        var counter = block
        var stream: [UInt8] = []
        while stream.count < count {
            stream += encrypt(counter)
            for index in stride(from: 15, through: 12, by: -1) {
                counter[index] &+= 1
                if counter[index] != 0 { break }
            }
        }
        return Array(stream[..<count])
    }

    static func xor(_ left: [UInt8], _ right: [UInt8]) -> [UInt8] { zip(left, right).map { $0 ^ $1 } }

    private static func double(_ value: UInt8) -> UInt8 { value << 1 ^ (value & 0x80 == 0 ? 0 : 0x1b) }

    private static func mixColumns(_ state: [UInt8]) -> [UInt8] {
        (0..<16)
            .map { index in
                let column = index & ~3
                let (a, b, c, d) = (
                    state[index], state[column + (index + 1) % 4], state[column + (index + 2) % 4],
                    state[column + (index + 3) % 4]
                )
                return double(a) ^ double(b) ^ b ^ c ^ d
            }
    }

    /// Inverses in GF(2^8), then the affine map (FIPS 197 §5.1.1).
    private static let sBox: [UInt8] = {
        var box = [UInt8](repeating: 0, count: 256)
        var power: UInt8 = 1
        var inverse: UInt8 = 1
        repeat {
            power ^= double(power)  // Times 3.
            inverse ^= inverse << 1  // Divided by 3.
            inverse ^= inverse << 2
            inverse ^= inverse << 4
            if inverse & 0x80 != 0 { inverse ^= 0x09 }
            var mixed = inverse ^ 0x63
            for turn: UInt8 in 1...4 { mixed ^= inverse << turn | inverse >> (8 - turn) }
            box[Int(power)] = mixed
        } while power != 1
        box[0] = 0x63
        return box
    }()
}

/// GCM as SP 800-38D describes it, with 96-bit nonces.
struct ReferenceGCM {
    private let cipher: ReferenceAES
    private let hashKey: [UInt64]

    init(key: [UInt8]) {
        cipher = ReferenceAES(key: key)
        hashKey = Self.words(cipher.encrypt([UInt8](repeating: 0, count: 16)))
    }

    /// - Returns: the cipher text, then the tag of 16 bytes.
    func seal(_ plain: [UInt8], nonce: [UInt8], associated: [UInt8]) -> [UInt8] {
        let sealed = ReferenceAES.xor(
            plain, cipher.keystream(from: nonce + [0, 0, 0, 2], count: plain.count))
        var hash: [UInt64] = [0, 0]
        for text in [associated, sealed] {
            for start in stride(from: 0, to: text.count, by: 16) {
                let block = text[start..<min(start + 16, text.count)]
                absorb(Self.words(block + [UInt8](repeating: 0, count: 16 - block.count)), into: &hash)
            }
        }
        absorb([UInt64(associated.count) * 8, UInt64(sealed.count) * 8], into: &hash)
        let mask = cipher.encrypt(nonce + [0, 0, 0, 1])
        let bytes = hash.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * $0)) } }
        return sealed + ReferenceAES.xor(bytes, mask)
    }

    private func absorb(_ block: [UInt64], into hash: inout [UInt64]) {
        let left = [hash[0] ^ block[0], hash[1] ^ block[1]]
        var product: [UInt64] = [0, 0]
        var right = hashKey
        for bit in 0..<128 {
            if left[bit / 64] >> UInt64(63 - bit % 64) & 1 == 1 {
                product[0] ^= right[0]
                product[1] ^= right[1]
            }
            let carry = right[1] & 1
            right[1] = right[1] >> 1 | right[0] << 63
            right[0] = right[0] >> 1 ^ (carry == 1 ? 0xe1 << 56 : 0)
        }
        hash = product
    }

    private static func words(_ bytes: some Collection<UInt8>) -> [UInt64] {
        let all = Array(bytes)
        return [0, 8].map { start in all[start..<(start + 8)].reduce(0) { $0 << 8 | UInt64($1) } }
    }
}

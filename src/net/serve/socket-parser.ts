/** How a socket.io server of ours reads packets: a packet that is not whole is kept, and nobody may have us keep much of it. */

import { Decoder, Encoder, PacketType, protocol } from "socket.io-parser";

interface PacketLimits {
  /** Most binary parts of one packet; they come one by one and are kept until the last is there. */
  attachments: 0 | 1;
}

/** Characters of the head of a packet whose binary part is still to come, for as long as its sender likes; what is large is in the part itself. */
const MAX_WAITING = 64_000;
const BINARY = [String(PacketType.BINARY_EVENT), String(PacketType.BINARY_ACK)];

/** For the option `parser` of a server. What breaks the limits ends its connection. */
export function boundedParser({ attachments }: PacketLimits) {
  const decoder = () => {
    const bounded = new Decoder({ maxAttachments: attachments });
    const add = bounded.add.bind(bounded);
    bounded.add = (piece) => {
      if (typeof piece === "string" && piece.length > MAX_WAITING && BINARY.includes(piece.charAt(0)))
        throw new Error("the head of a packet with a binary part is too long");
      add(piece);
    };
    return bounded;
  };
  // The server makes one for each connection, by `new`: a function that returns an object is as good as a class.
  const Bounded = function Bounded() {
    return decoder();
  };
  return { protocol, PacketType, Encoder, Decoder: Bounded as unknown as typeof Decoder };
}

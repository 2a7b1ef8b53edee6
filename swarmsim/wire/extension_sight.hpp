// ExtensionSight: extension messages (BEP 10), recognised for the stream of events.
//
//   extended message 0            EXTENSION HANDSHAKE
//   ut_metadata (BEP 9)           METADATA REQUEST, METADATA DATA, METADATA REJECT   piece; of data its length and claimed total
//   ut_pex (BEP 11)               PEX                                                how many it adds and drops
//
// Under which number a message travels its receiver has said, in its own extension handshake; two numbers per direction are all
// that is remembered.  What is not as the BEPs have it stays EXTENDED, whose payload a check may look into.  Nothing that a
// peer claims is allocated.
#pragma once

#include <cstdint>

#include "swarmsim/wire/event.hpp"

namespace swarmlab::swarmsim {

// The numbers under which one end wants to get messages; 0: not at all.
struct ExtensionNumbers {
  std::uint8_t metadata = 0;
  std::uint8_t pex = 0;
};

// An extended message as an event shows it.
struct ExtensionSight {
  WireMessage message;
  Bytes payload;        // what belongs to the event: of METADATA DATA without the data, which is like the content of blocks
};

// `message` is the sight of an EXTENDED message of that payload, `theirs` what its receiver wants.  `metadata` is the true
// info dictionary; empty: unknown.
ExtensionSight recognise(const WireMessage& message, Bytes payload, ExtensionNumbers theirs, Bytes metadata);

// Takes an extension handshake: what it does not name stays as it is, as the BEP has it.
void take_numbers(Bytes handshake, ExtensionNumbers& numbers);

}  // namespace swarmlab::swarmsim

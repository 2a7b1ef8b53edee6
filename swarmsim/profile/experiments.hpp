// Experiments: three small swarms around one client, and what is read from them.
//
//   fetch   it fetches everything from four seeds, on lines that are slow and fast, near and far: how deep it asks, how soon it
//           reacts, what it does about the last blocks
//   serve   it is a seed, and more want its slots than it has: how many there are, and how they go round
//   trade   half of those who want its slots give it something, half do not, and one seed never answers: whom it prefers, how
//           long it tries others, when it gives up waiting
//
// Nobody but the client knows anybody else: all others are kept apart.  About three minutes with real processes.
#pragma once

#include <expected>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "swarmsim/lab/adapter.hpp"
#include "swarmsim/lab/lab_cast.hpp"
#include "swarmsim/profile/client_profile.hpp"

namespace swarmlab::swarmsim {

struct ProfileOptions {
  const Adapter* client = nullptr;        // null: our own engine, in virtual time
  LabPrograms programs = {};
  std::filesystem::path folder = {};      // what everybody prints
  std::vector<std::pair<std::string, std::string>> settings = {};   // of the client, as in scenarios
  std::vector<std::string> only = {};     // of fetch, serve, trade; all where empty
  std::function<void(const std::string&)> say = [](const std::string&) {};   // "fetch: ..." before each experiment
};

// With a client it must be called in the sandbox.  The error is about a setting or an experiment's name.
std::expected<ClientProfile, std::string> measure_profile(const ProfileOptions& options);

}  // namespace swarmlab::swarmsim

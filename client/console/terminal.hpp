// Terminal: a screen device on the terminal of this process.
//
// Uses its alternate screen, hides the cursor and takes keys without Enter and without echo.  The terminal is given back by
// leave(), by the destructor, and where the process dies of a signal that a program does not survive (abort, a fault): a
// terminal left without echo is a broken one to its user.
#pragma once

#include <memory>

#include "client/console/screen.hpp"

namespace swarmlab::client {

class Terminal final : public ScreenDevice {
 public:
  // nullptr when standard input and output are not both the terminal.
  static std::unique_ptr<Terminal> open();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;
  ~Terminal();

  ScreenSize size() override;
  void show(std::string_view drawing) override;
  std::string keys() override;
  void leave() override;

 private:
  Terminal();
  ScreenSize last_size_;
};

}  // namespace swarmlab::client

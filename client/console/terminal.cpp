#include "client/console/terminal.hpp"

#include <csignal>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <array>

namespace swarmlab::client {
namespace {

constexpr std::string_view kEnter = "\x1b[?1049h\x1b[?25l\x1b[2J";
constexpr std::string_view kLeave = "\x1b[0m\x1b[?25h\x1b[?1049l";
constexpr std::array kDeadly{SIGABRT, SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGHUP, SIGQUIT};

// What a signal handler needs can only be reached by a global: the process has one terminal.
termios g_before;
volatile std::sig_atomic_t g_is_ours = 0;

void write_all(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, text.data(), text.size());
    if (written <= 0) return;   // a terminal that has gone needs no drawing
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

// Only calls that a signal handler may make.
void give_back() {
  if (g_is_ours == 0) return;
  g_is_ours = 0;
  write_all(kLeave);
  ::tcsetattr(STDIN_FILENO, TCSANOW, &g_before);
}

extern "C" void on_deadly_signal(int signal) {
  give_back();
  // The default action was restored (SA_RESETHAND): dies as it would have.
  ::raise(signal);
}

}  // namespace

std::unique_ptr<Terminal> Terminal::open() {
  if (::isatty(STDIN_FILENO) != 1 || ::isatty(STDOUT_FILENO) != 1) return nullptr;
  if (::tcgetattr(STDIN_FILENO, &g_before) != 0) return nullptr;
  return std::unique_ptr<Terminal>(new Terminal());
}

Terminal::Terminal() {
  termios raw = g_before;
  raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);   // signals stay: Ctrl-C is a goodbye
  raw.c_cc[VMIN] = 0;                                      // reading never waits
  raw.c_cc[VTIME] = 0;
  ::tcsetattr(STDIN_FILENO, TCSANOW, &raw);
  g_is_ours = 1;
  struct sigaction action{};
  action.sa_handler = on_deadly_signal;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  for (const int signal : kDeadly) ::sigaction(signal, &action, nullptr);
  write_all(kEnter);
}

Terminal::~Terminal() { leave(); }

void Terminal::leave() { give_back(); }

ScreenSize Terminal::size() {
  winsize window{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) != 0 || window.ws_col == 0 || window.ws_row == 0) return {};
  return {window.ws_col, window.ws_row};
}

void Terminal::show(std::string_view drawing) {
  if (g_is_ours == 0) return;
  const ScreenSize now = size();
  const bool is_resized = now.columns != last_size_.columns || now.rows != last_size_.rows;
  last_size_ = now;
  // In one write, so that no half of a drawing is ever seen.
  std::string text(is_resized ? "\x1b[2J\x1b[H" : "\x1b[H");
  text += drawing;
  write_all(text);
}

std::string Terminal::keys() {
  std::array<char, 64> pressed{};
  const ssize_t count = g_is_ours == 0 ? 0 : ::read(STDIN_FILENO, pressed.data(), pressed.size());
  return count > 0 ? std::string(pressed.data(), static_cast<std::size_t>(count)) : std::string();
}

}  // namespace swarmlab::client

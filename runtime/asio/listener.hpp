// Listener: one listening socket of AsioNetwork.
#pragma once

#include <expected>
#include <memory>

#include "runtime/asio/event_loop.hpp"
#include "runtime/descriptor.hpp"
#include "runtime/network.hpp"

namespace swarmlab::runtime {

class Listener;

class ListenerHome {
 public:
  virtual EventLoop& loop() = 0;
  // Makes the callback; the listener may be closed, but is not deleted, meanwhile.
  virtual void accepted(Listener& listener, Descriptor socket, const Endpoint& from) = 0;

 protected:
  ~ListenerHome() = default;
};

class Listener final : public Watcher {
 public:
  static std::expected<std::unique_ptr<Listener>, NetworkError> open(ListenerHome& home, ListenerId id,
                                                                     const Endpoint& at,
                                                                     AcceptHandler& handler);
  Listener(ListenerHome& home, ListenerId id, Descriptor socket, AcceptHandler& handler);
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener();

  ListenerId id() const { return id_; }
  AcceptHandler& handler() const { return handler_; }
  Endpoint local_endpoint() const { return local_; }
  void close();

  void on_events(std::uint32_t events) override;

 private:
  void pause();

  ListenerHome& home_;
  const ListenerId id_;
  Descriptor socket_;
  AcceptHandler& handler_;
  const Endpoint local_;
  EventLoop::Alarm resume_;
};

}  // namespace swarmlab::runtime

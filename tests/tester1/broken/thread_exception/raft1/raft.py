"""A solution whose ticker, a thread of its own, raises an exception on server 1."""

import threading
import time


class Raft:
    def __init__(self, me):
        self.me = me
        self.term = 0
        threading.Thread(target=self.ticker, name="ticker").start()

    def ticker(self):
        while True:
            time.sleep(0.1)
            self.term += 10 // (1 - self.me)

    def GetState(self):
        return self.term, False

    def Kill(self):
        pass


def Make(peers, me, persister, applyCh):
    return Raft(me)

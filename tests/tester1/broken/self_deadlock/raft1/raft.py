"""A solution whose `GetState` takes the lock and calls what takes it again."""

import threading
import time


class Raft:
    def __init__(self):
        self.mu = threading.Lock()
        self.term = 1
        threading.Thread(target=self.ticker).start()

    def ticker(self):
        while True:
            time.sleep(0.1)

    def is_leader(self):
        with self.mu:  # GetState holds it
            return False

    def GetState(self):
        with self.mu:
            return self.term, self.is_leader()

    def Kill(self):
        pass


def Make(peers, me, persister, applyCh):
    return Raft()

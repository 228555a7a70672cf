package dev.woodpecker.compiler.interp;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * Parts of a block that wait for each other: one runs at a time, until it waits for what has not happened yet; then another
 * that can go on. The order is always the same.
 */
final class Roles {
    private final List<Optional<BooleanSupplier>> waiting = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private int turn;
    private Optional<RuntimeException> failure = Optional.empty();

    /** Runs all to their ends. */
    void run(List<Runnable> roles) {
        for (int i = 0; i < roles.size(); i++) {
            int number = i;
            waiting.add(Optional.empty());
            threads.add(Thread.ofVirtual().unstarted(() -> role(number, roles.get(number))));
        }
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
            join(thread);
        }
        failure.ifPresent(f -> {
            throw f;
        });
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterpreterException("interrupted");
        }
    }

    private void role(int number, Runnable role) {
        try {
            await(number);
            role.run();
        } catch (RuntimeException e) {
            fail(e);
        } finally {
            end(number);
        }
    }

    private synchronized void fail(RuntimeException e) {
        failure = failure.or(() -> Optional.of(e));
    }

    private synchronized void end(int number) {
        waiting.set(number, Optional.of(() -> false));
        turn = next().orElse(-1);
        notifyAll();
    }

    /** Lets others run until {@code ready}. */
    synchronized void until(BooleanSupplier ready, String what) {
        if (ready.getAsBoolean()) {
            return;
        }
        int own = threads.indexOf(Thread.currentThread());
        waiting.set(own, Optional.of(ready));
        turn = next().orElseThrow(() -> new InterpreterException("deadlock: " + what));
        notifyAll();
        await(own);
        waiting.set(own, Optional.empty());
    }

    private Optional<Integer> next() {
        for (int i = 0; i < waiting.size(); i++) {
            if (waiting.get(i).isEmpty() || waiting.get(i).get().getAsBoolean()) {
                return Optional.of(i);
            }
        }
        return Optional.empty();
    }

    private synchronized void await(int number) {
        while (turn != number) {
            if (failure.isPresent()) {
                throw failure.get();
            }
            if (turn < 0) {
                throw new InterpreterException("deadlock: the others have ended");
            }
            try {
                wait();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterpreterException("interrupted");
            }
        }
    }
}

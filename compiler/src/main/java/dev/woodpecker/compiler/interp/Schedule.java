package dev.woodpecker.compiler.interp;

import dev.woodpecker.compiler.ir.Intrinsic;
import dev.woodpecker.compiler.ir.Scope;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Runs a task for the threads of a block. What has no barrier in it runs for one thread after another; the rest runs in
 * step, so that each part between two barriers is finished by all threads before the next begins. Conditions and extents
 * around a barrier must be the same for all threads.
 */
final class Schedule {
    private final int[] blockExtents;
    /** Blocks that began so far: each is told from every other. */
    private int blocks;

    private final Map<Registers, Memory> registers = new HashMap<>();

    private record Registers(int slot, int thread) {}

    /** {@code blockExtents} are the threads of a block in x, y and z. */
    Schedule(List<Integer> blockExtents) {
        this.blockExtents = blockExtents.stream().mapToInt(Integer::intValue).toArray();
    }

    void run(Task task, Slots slots, List<Memory> arguments) {
        Frame frame = new Frame(slots, new Worker(new Worker.Block(blocks++)));
        for (int i = 0; i < arguments.size(); i++) {
            frame.memories[i] = arguments.get(i);
        }
        run(task, List.of(frame));
    }

    private void run(Task task, List<Frame> threads) {
        if (!task.isCollective()) {
            threads.forEach(f -> alone(task, f));
            return;
        }
        switch (task) {
            case Task.Single(Action action) -> threads.forEach(action::run);
            case Task.Sequence(List<Task> tasks) -> tasks.forEach(t -> run(t, threads));
            case Task.Repeat(int slot, LongCode extent, Task body) -> {
                long trips = uniform(extent, threads, "the extent of a loop");
                for (long i = 0; i < trips; i++) {
                    assign(slot, i, threads);
                    run(body, threads);
                }
            }
            case Task.Branch(LongCode condition, Task then, Task otherwise) ->
                branch(condition, then, otherwise, threads);
            case Task.Parts(LongCode condition, Task then, Task otherwise) ->
                parts(condition, then, otherwise, threads);
            case Task.Allocation allocation -> allocate(allocation, threads);
            case Task.Blocks(int slot, LongCode extent, Task body) -> blocks(slot, extent, body, threads);
            case Task.Threads t -> {
                List<Frame> spread = spread(t, threads);
                if (!spread.isEmpty()) {
                    run(t.body(), spread);
                }
            }
            case Task.Barrier _ -> barrier(threads);
            case Task.Collective(Intrinsic.Level level, Invocation invocation) ->
                collective(level, invocation, threads);
        }
    }

    private void alone(Task task, Frame f) {
        switch (task) {
            case Task.Single(Action action) -> action.run(f);
            case Task.Sequence(List<Task> tasks) -> {
                for (Task t : tasks) {
                    alone(t, f);
                }
            }
            case Task.Repeat(int slot, LongCode extent, Task body) -> {
                long trips = extent.run(f, 0);
                for (long i = 0; i < trips; i++) {
                    f.integers[slot] = i;
                    alone(body, f);
                }
            }
            case Task.Branch(LongCode condition, Task then, Task otherwise) ->
                alone(condition.holds(f) ? then : otherwise, f);
            case Task.Allocation(int slot, Scope _, var memory, Task body) -> {
                f.memories[slot] = memory.apply(f);
                alone(body, f);
            }
            case Task.Parts _, Task.Blocks _, Task.Threads _, Task.Barrier _, Task.Collective _ ->
                throw new IllegalStateException("not for one thread alone: " + task);
        }
    }

    private void branch(LongCode condition, Task then, Task otherwise, List<Frame> threads) {
        boolean barrier = hasBarrier(then) || hasBarrier(otherwise);
        List<Frame> taken = threads.stream().filter(condition::holds).toList();
        if (barrier && !taken.isEmpty() && taken.size() < threads.size()) {
            throw new InterpreterException(
                    "a barrier stands under a condition that is not the same for all threads of a block");
        }
        List<Frame> rest = threads.stream().filter(f -> !taken.contains(f)).toList();
        if (!taken.isEmpty()) {
            run(then, taken);
        }
        if (!rest.isEmpty()) {
            run(otherwise, rest);
        }
    }

    private void parts(LongCode condition, Task then, Task otherwise, List<Frame> threads) {
        List<Frame> taken = threads.stream().filter(condition::holds).toList();
        List<Frame> rest = threads.stream().filter(f -> !taken.contains(f)).toList();
        Worker.Block block = threads.getFirst().worker.block();
        Roles roles = new Roles();
        block.roles = roles;
        roles.run(List.of(() -> run(then, taken), () -> run(otherwise, rest)));
    }

    private static boolean hasBarrier(Task task) {
        return switch (task) {
            case Task.Single _, Task.Collective _ -> false;
            case Task.Barrier _ -> true;
            case Task.Sequence(List<Task> tasks) -> tasks.stream().anyMatch(Schedule::hasBarrier);
            case Task.Repeat(int _, LongCode _, Task body) -> hasBarrier(body);
            case Task.Branch(LongCode _, Task then, Task otherwise) -> hasBarrier(then) || hasBarrier(otherwise);
            case Task.Parts(LongCode _, Task then, Task otherwise) -> hasBarrier(then) || hasBarrier(otherwise);
            case Task.Allocation a -> hasBarrier(a.body());
            case Task.Blocks b -> hasBarrier(b.body());
            case Task.Threads t -> hasBarrier(t.body());
        };
    }

    private static long uniform(LongCode code, List<Frame> threads, String what) {
        long value = code.run(threads.getFirst(), 0);
        for (Frame f : threads) {
            if (code.run(f, 0) != value) {
                throw new InterpreterException(what + " around a barrier is not the same for all threads of a block");
            }
        }
        return value;
    }

    private static void assign(int slot, long value, List<Frame> threads) {
        threads.forEach(f -> f.integers[slot] = value);
    }

    /** Shared memory is one for the block; registers are one a thread, those of a fragment too. */
    private void allocate(Task.Allocation a, List<Frame> threads) {
        Map<Integer, Memory> memories = new HashMap<>();
        registers.keySet().removeIf(r -> r.slot() == a.slot());
        for (Frame f : threads) {
            int owner = Task.isOwn(a.scope()) ? f.worker.thread() : 0;
            f.memories[a.slot()] =
                    memories.computeIfAbsent(owner, _ -> a.memory().apply(f));
            if (Task.isOwn(a.scope())) {
                registers.put(new Registers(a.slot(), f.worker.thread()), f.memories[a.slot()]);
            }
        }
        run(a.body(), threads);
        registers.keySet().removeIf(r -> r.slot() == a.slot());
    }

    private void blocks(int slot, LongCode extent, Task body, List<Frame> threads) {
        Frame around = threads.getFirst();
        if (threads.size() > 1) {
            throw new InterpreterException("a loop over blocks stands inside a loop over threads");
        }
        long trips = extent.run(around, 0);
        for (long i = 0; i < trips; i++) {
            Frame f = around.fork(new Worker(new Worker.Block(blocks++)));
            f.integers[slot] = i;
            run(body, List.of(f));
        }
    }

    /**
     * Each frame becomes one a thread of this direction, with registers of its own. A frame that is one thread already takes
     * the iteration of its number, or none.
     */
    private List<Frame> spread(Task.Threads t, List<Frame> threads) {
        int stride = 1;
        for (int direction = 0; direction < t.direction(); direction++) {
            stride *= blockExtents[direction];
        }
        int size = blockExtents[t.direction()];
        int bit = 1 << t.direction();
        List<Frame> spread = new ArrayList<>();
        for (Frame f : threads) {
            long extent = t.extent().run(f, 0);
            if (extent > size) {
                throw new InterpreterException(
                        "a loop over " + extent + " threads in a block of " + size + " in its direction");
            }
            if ((f.worker.directions() & bit) != 0) {
                int own = f.worker.thread() / stride % size;
                if (own < extent) {
                    f.integers[t.slot()] = own;
                    spread.add(f);
                }
                continue;
            }
            for (int i = 0; i < extent; i++) {
                Frame thread = f.fork(
                        new Worker(f.worker.block(), f.worker.thread() + i * stride, f.worker.directions() | bit));
                thread.integers[t.slot()] = i;
                ownRegisters(thread);
                spread.add(thread);
            }
        }
        return spread;
    }

    /** Registers that were allocated around the loop over threads: one a thread, kept from one such loop to the next. */
    private void ownRegisters(Frame thread) {
        for (int slot = 0; slot < thread.memories.length; slot++) {
            Memory memory = thread.memories[slot];
            if (memory != null && Task.isOwn(memory.scope()) && registers.containsKey(new Registers(slot, 0))) {
                thread.memories[slot] =
                        registers.computeIfAbsent(new Registers(slot, thread.worker.thread()), _ -> memory.blank());
            }
        }
    }

    private static void barrier(List<Frame> threads) {
        threads.getFirst().worker.block().epoch++;
    }

    /** Warps, or groups of them, one after another; all threads of each must be there. */
    private static void collective(Intrinsic.Level level, Invocation invocation, List<Frame> threads) {
        Map<Integer, List<Frame>> groups = new TreeMap<>();
        for (Frame f : threads) {
            groups.computeIfAbsent(f.worker.thread() / level.threads(), _ -> new ArrayList<>())
                    .add(f);
        }
        groups.forEach((number, members) -> {
            if (members.size() != level.threads()) {
                throw new InterpreterException("an operation of " + level.threads() + " threads is reached by "
                        + members.size() + " of group " + number);
            }
            invocation.run(members);
        });
    }
}

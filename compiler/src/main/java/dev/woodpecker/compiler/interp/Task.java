package dev.woodpecker.compiler.interp;

import dev.woodpecker.compiler.ir.Intrinsic;
import dev.woodpecker.compiler.ir.Scope;
import java.util.List;
import java.util.function.Function;

/** A statement ready to run. {@link Schedule} runs it for the threads of a block. */
sealed interface Task {
    record Single(Action action) implements Task {}

    record Sequence(List<Task> tasks) implements Task {
        public Sequence {
            tasks = List.copyOf(tasks);
        }
    }

    record Repeat(int slot, LongCode extent, Task body) implements Task {}

    record Branch(LongCode condition, Task then, Task otherwise) implements Task {}

    record Allocation(int slot, Scope scope, Function<Frame, Memory> memory, Task body) implements Task {}

    /** Threads where a condition holds, and the others, at the same time: they wait for each other. */
    record Parts(LongCode condition, Task then, Task otherwise) implements Task {}

    /** Iterations that are blocks of a grid, or the chunks of a parallel loop. */
    record Blocks(int slot, LongCode extent, Task body) implements Task {}

    /** Iterations that are the threads of a block in one direction: 0 is x, 2 is z. */
    record Threads(int direction, int slot, LongCode extent, Task body) implements Task {}

    record Barrier() implements Task {}

    /** One operation of a warp or warp group. */
    record Collective(Intrinsic.Level level, Invocation invocation) implements Task {}

    /** Whether threads must run this together: there is a barrier in it, or they share something that it makes. */
    default boolean isCollective() {
        return switch (this) {
            case Single _ -> false;
            case Sequence(List<Task> tasks) -> tasks.stream().anyMatch(Task::isCollective);
            case Repeat(int _, LongCode _, Task body) -> body.isCollective();
            case Branch(LongCode _, Task then, Task otherwise) -> then.isCollective() || otherwise.isCollective();
            case Allocation(int _, Scope scope, Function<Frame, Memory> _, Task body) ->
                !isOwn(scope) || body.isCollective();
            case Parts _, Blocks _, Threads _, Barrier _, Collective _ -> true;
        };
    }

    /** Whether each thread has a memory of its own for a buffer of this scope. */
    static boolean isOwn(Scope scope) {
        return scope == Scope.REGISTER || scope == Scope.FRAGMENT;
    }
}

package dev.woodpecker.compiler.lower;

import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.Stmt;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.compiler.target.Target;
import java.util.List;

/**
 * A kernel ready to print: phases that run one after another, each over all workers, with all of one finished before the
 * next starts.
 *
 * @param arguments the buffers in the order of the ABI: inputs, outputs, workspaces
 * @param parameters the values that are bound at run time, in the order of the ABI
 * @param checks what a non-zero status means: status {@code n} is {@code checks.get(n - 1)}
 */
public record LoweredKernel(
        String name,
        Target target,
        Numerics numerics,
        List<Argument> arguments,
        List<Expr.Param> parameters,
        List<Phase> phases,
        List<String> checks) {
    /** How a phase uses an argument. */
    public enum Role {
        INPUT,
        OUTPUT,
        WORKSPACE
    }

    public record Argument(Buffer buffer, Role role) {}

    /**
     * One C function or CUDA kernel.
     *
     * @param extent CPU: the trip count of the outermost, parallel loop of {@code body}, 1 when it has none
     * @param scratchBytes CPU: memory of one worker; CUDA: shared memory of a block
     * @param launch CUDA: the grid; empty extents of 1 on a CPU
     */
    public record Phase(String symbol, Expr extent, long scratchBytes, Launch launch, Stmt body) {}

    /**
     * Blocks in x, y, z and threads of a block in x, y, z.
     *
     * @param dynamicSharedBytes of each block that the launch gives, the kernel declaring none; 0 for a kernel that
     *     declares what it needs
     */
    public record Launch(List<Expr> grid, List<Integer> block, long dynamicSharedBytes) {
        public static final Launch NONE =
                new Launch(List.of(Expr.index(1), Expr.index(1), Expr.index(1)), List.of(1, 1, 1), 0);

        public Launch {
            grid = List.copyOf(grid);
            block = List.copyOf(block);
        }

        Launch withDynamicShared(long bytes) {
            return new Launch(grid, block, bytes);
        }
    }

    public LoweredKernel {
        arguments = List.copyOf(arguments);
        parameters = List.copyOf(parameters);
        phases = List.copyOf(phases);
        checks = List.copyOf(checks);
    }
}

package dev.woodpecker.compiler.lower;

import dev.woodpecker.compiler.ir.Intrinsic;
import dev.woodpecker.compiler.ir.Stmt;
import dev.woodpecker.compiler.target.WarpgroupProducts;
import java.util.List;

/**
 * Products of groups of warps read shared memory by another way than threads write it (PTX ISA, "Async proxy"): each thread
 * says before a barrier that what it wrote, or copied and waited for, is to be seen there. Requires: barriers are inserted.
 * Ensures: nothing changes where there is no such product; else a fence is before each barrier.
 */
final class ProxyFences {
    private ProxyFences() {}

    static Stmt apply(Stmt phase) {
        boolean needed = phase.anyMatch(
                s -> s instanceof Stmt.Invoke invoke && invoke.intrinsic().level() == Intrinsic.Level.WARPGROUP);
        return needed
                ? phase.rewrite(
                        s -> s instanceof Stmt.Barrier
                                ? Stmt.seq(new Stmt.Invoke(WarpgroupProducts.PROXY_FENCE, List.of()), s)
                                : s,
                        e -> e)
                : phase;
    }
}

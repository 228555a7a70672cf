package dev.woodpecker.compiler.target;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Intrinsic;
import dev.woodpecker.compiler.ir.Intrinsic.Access;
import dev.woodpecker.compiler.ir.Intrinsic.Level;
import dev.woodpecker.compiler.ir.Intrinsic.Operand;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.compiler.ir.Stmt.Ring;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Hopper's instructions for rings of buffers that some threads fill and others empty: barriers in shared memory that count
 * arrivals and bytes, copies of boxes of a tensor, and registers that one group of warps gives and another takes.
 */
public final class Rings {
    /** Bytes of rows that a box has in shared memory, twisted as {@link WarpgroupProducts} reads them. */
    public static final int ROW_BYTES = WarpgroupProducts.ROW_BYTES;

    /** The most elements that a box has along an axis (CUDA driver API, {@code cuTensorMapEncodeTiled}). */
    public static final int MOST_BOX = 256;

    /** Strides of a tensor that is copied by boxes are multiples of this, and so is its address. */
    public static final int STRIDE_BYTES = 16;

    private static final List<String> AXES = List.of("$x", "$y", "$z");
    private static final int FEWEST_AXES = 2;
    private static final int MOST_AXES = AXES.size();

    private static final Intrinsic INIT = ofBarrier("mbarrier_init", "$barrier, $value");
    private static final Intrinsic ARRIVE = ofBarrier("mbarrier_arrive", "$barrier");
    private static final Intrinsic EXPECT = ofBarrier("mbarrier_expect_tx", "$barrier, $value");

    /** Tells whether the phase is over, after some time if it is not: it stands in a loop. */
    private static final Intrinsic WAIT = ofBarrier("mbarrier_try_wait", "$barrier, $value");

    private static final List<Intrinsic> COPIES = IntStream.rangeClosed(FEWEST_AXES, MOST_AXES)
            .mapToObj(Rings::copyOf)
            .toList();

    /**
     * Of a thread of the group that copies, and of those that multiply, by the number of the latter: together they have what
     * the kernel is launched with, which is all of a multiprocessor's registers.
     */
    private record Registers(int copying, int multiplying) {}

    private static final Map<Integer, Registers> REGISTERS = Map.of(2, new Registers(40, 232));

    static final List<Intrinsic> ALL = Stream.of(
                    List.of(INIT, ARRIVE, EXPECT, WAIT),
                    COPIES,
                    REGISTERS.values().stream()
                            .flatMap(r -> Stream.of(registers("dec", r.copying), registers("inc", r.multiplying)))
                            .toList())
            .flatMap(List::stream)
            .toList();

    private Rings() {}

    public static Intrinsic of(Ring.Action action) {
        return switch (action) {
            case INIT -> INIT;
            case ARRIVE -> ARRIVE;
            case EXPECT -> EXPECT;
            case WAIT -> WAIT;
        };
    }

    /** The copy of a box of a tensor of so many axes; its template has {@code $map}, and {@code $x} for the innermost axis. */
    public static Optional<Intrinsic> copy(int axes) {
        return COPIES.stream().filter(c -> c.name().equals(copyName(axes))).findFirst();
    }

    /** What the group that copies does first, where {@code groups} multiply: it leaves them registers. */
    public static Optional<Intrinsic> giveRegisters(int groups) {
        return Optional.ofNullable(REGISTERS.get(groups)).map(r -> registers("dec", r.copying));
    }

    /** What those that multiply do first. */
    public static Optional<Intrinsic> takeRegisters(int groups) {
        return Optional.ofNullable(REGISTERS.get(groups)).map(r -> registers("inc", r.multiplying));
    }

    /** The placeholders of the indices that a copy starts at, innermost axis first. */
    public static List<String> axes() {
        return AXES;
    }

    private static String copyName(int axes) {
        return "tma_load_" + axes + "d";
    }

    private static Intrinsic copyOf(int axes) {
        return ofBarrier(copyName(axes), "$to, $map, " + String.join(", ", AXES.subList(0, axes)) + ", $barrier");
    }

    private static Intrinsic registers(String verb, int count) {
        String name = "setmaxnreg_" + verb + "_" + count;
        return new Intrinsic(name, Level.WARPGROUP, List.of(), _ -> {}, Map.of("cuda", name + "()"));
    }

    /** What it means is said by the statements that are printed so: it is no function of tiles. */
    private static Intrinsic ofBarrier(String name, String arguments) {
        return new Intrinsic(
                name,
                Level.THREAD,
                List.of(Operand.memory("barrier", DType.U64, List.of(1), Scope.SHARED, Access.UPDATE)),
                _ -> {},
                Map.of("cuda", name + "(" + arguments + ")"));
    }
}

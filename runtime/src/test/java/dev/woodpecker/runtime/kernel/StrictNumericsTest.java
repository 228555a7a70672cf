package dev.woodpecker.runtime.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.compiler.interp.HostTensor;
import dev.woodpecker.runtime.device.cpu.WorkerPool;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * In strict numerics a kernel gives the same as a Java method, as a program and as a lowered kernel in the interpreter, and
 * as compiled C: the same bits, but for functions such as {@code exp}, which lowering writes out as arithmetic.
 */
@Execution(ExecutionMode.CONCURRENT)
class StrictNumericsTest {
    private static final Setting WIDEST = Setting.strict("cpu:x86-64-v4");
    private static final List<Setting> NARROWER =
            List.of(Setting.strict("cpu:x86-64-v3"), Setting.strict("cpu:x86-64-v2"));

    private static final Arena ARENA = Arena.ofShared();
    private static final WorkerPool POOL = new WorkerPool(2);

    @AfterAll
    static void close() {
        POOL.close();
        ARENA.close();
    }

    @Test
    void everyKernelHasCases() {
        assertThat(KernelTable.cases().keySet())
                .containsExactlyInAnyOrderElementsOf(KernelTable.library().keySet());
    }

    @TestFactory
    Stream<DynamicNode> everyWayOfRunningAKernelGivesTheSame() {
        List<CompiledCase.Wanted> wanted = new ArrayList<>();
        KernelTable.cases()
                .values()
                .forEach(cases -> cases.forEach(c -> wanted.add(new CompiledCase.Wanted(c, WIDEST))));
        return CompiledCases.tests(wanted, ARENA, StrictNumericsTest::check);
    }

    /** The widths of vectors change what is a vector, what a tail and what is left to scalars. */
    @TestFactory
    Stream<DynamicNode> narrowerVectorsGiveTheSame() {
        List<CompiledCase.Wanted> wanted = new ArrayList<>();
        KernelTable.cases().values().forEach(cases -> {
            for (int i = 0; i < NARROWER.size(); i++) {
                wanted.add(new CompiledCase.Wanted(cases.get(i % cases.size()), NARROWER.get(i)));
            }
        });
        return CompiledCases.tests(wanted, ARENA, StrictNumericsTest::check);
    }

    private static void check(CompiledCase.Ready ready) {
        Agreement agreement = Agreement.of(ready);
        agreement.eager();
        Map<String, HostTensor> lowered =
                agreement.lowered(ready.lowered(), ready.kernelCase().accuracy());
        agreement.compiled(ready, POOL, lowered, Accuracy.EXACT);
    }
}

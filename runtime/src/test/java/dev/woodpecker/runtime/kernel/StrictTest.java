package dev.woodpecker.runtime.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.woodpecker.compiler.interp.HostTensor;
import dev.woodpecker.compiler.interp.Interpreter;
import dev.woodpecker.compiler.interp.KernelResult;
import dev.woodpecker.runtime.device.cpu.WorkerPool;
import dev.woodpecker.runtime.toolchain.CodeOptions.Effort;
import dev.woodpecker.runtime.toolchain.Environment;
import dev.woodpecker.runtime.toolchain.KernelCompiler;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * In strict numerics a kernel gives the same as a Java method, as a program and as a lowered kernel in the interpreter, and
 * as compiled C: the same bits, but for functions such as {@code exp}, which lowering writes out as arithmetic.
 */
class StrictTest {
    private static final Arena ARENA = Arena.ofShared();
    private static final WorkerPool POOL = new WorkerPool(2);

    @AfterAll
    static void close() {
        POOL.close();
        ARENA.close();
    }

    @Test
    void everyKernelHasCases() {
        assertThat(KernelTable.cases().keySet()).containsAll(KernelTable.library().keySet());
    }

    @TestFactory
    Stream<DynamicNode> everyWayOfRunningAKernelGivesTheSame() {
        Setting setting = Setting.strict("cpu:x86-64-v4");
        List<CompiledCase.Wanted> wanted = new ArrayList<>();
        KernelTable.cases().values().forEach(cases -> cases.stream()
                .filter(c -> c.toString().matches(System.getProperty("woodpecker.case", ".*")))
                .forEach(c -> wanted.add(new CompiledCase.Wanted(c, setting))));
        Map<String, List<DynamicNode>> tests = new LinkedHashMap<>();
        KernelCompiler compiler = KernelCompiler.of(Environment.ofProcess());
        for (CompiledCase c : CompiledCase.compile(wanted, compiler, Effort.LIGHT, ARENA)) {
            tests.computeIfAbsent(c.kernelCase().spec().shortName(), _ -> new ArrayList<>())
                    .add(dynamicTest(c.kernelCase().line(), () -> check(c)));
        }
        return tests.entrySet().stream().map(e -> dynamicContainer(e.getKey(), e.getValue()));
    }

    private static void check(CompiledCase compiled) throws Throwable {
        switch (compiled) {
            case CompiledCase.Failed failed -> throw failed.reason();
            case CompiledCase.Ready ready -> check(ready);
        }
    }

    private static void check(CompiledCase.Ready ready) {
        KernelCase c = ready.kernelCase();
        Map<String, HostTensor> inputs = c.inputs(ready.program());
        Map<String, HostTensor> program = Interpreter.run(ready.program(), inputs);
        Map<String, HostTensor> eager = EagerRun.run(c, ready.program(), inputs);
        agree("program and Java method", c, eager, program, Accuracy.ofEager(ready.program()));
        KernelResult lowered = Interpreter.run(ready.lowered(), inputs);
        assertThat(lowered.status()).as("status in the interpreter").isZero();
        agree("lowered kernel and program", c, program, lowered.outputs(), c.accuracy());
        Map<String, HostTensor> compiled = NativeRun.run(ready.lowered(), ready.code(), POOL, inputs);
        agree("C and lowered kernel", c, lowered.outputs(), compiled, Accuracy.EXACT);
    }

    private static void agree(
            String what, KernelCase c, Map<String, HostTensor> expected, Map<String, HostTensor> actual, Accuracy accuracy) {
        assertThat(actual.keySet()).as(what).containsExactlyInAnyOrderElementsOf(expected.keySet());
        expected.forEach((name, tensor) -> {
            HostTensor other = Objects.requireNonNull(actual.get(name));
            assertThat(accuracy.difference(tensor, other)).as("%s of %s, output %s", what, c, name).isEmpty();
        });
    }
}

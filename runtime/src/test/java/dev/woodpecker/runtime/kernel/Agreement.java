package dev.woodpecker.runtime.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.compiler.interp.HostTensor;
import dev.woodpecker.compiler.interp.Interpreter;
import dev.woodpecker.compiler.interp.KernelResult;
import dev.woodpecker.compiler.lower.LoweredKernel;
import dev.woodpecker.runtime.device.cpu.WorkerPool;
import java.util.Map;
import java.util.Objects;

/** The ways of running a case, each compared with the one before. */
record Agreement(KernelCase kernelCase, Expected expected) {
    static Agreement of(CompiledCase.Ready ready) {
        return new Agreement(ready.kernelCase(), Expected.of(ready.kernelCase()));
    }

    /** Requires of the Java method that it gives what the program does. */
    void eager() {
        Map<String, HostTensor> eager = EagerRun.run(kernelCase, expected.program(), expected.inputs());
        require("the program and the Java method", eager, expected.results(), Accuracy.ofEager(expected.program()));
    }

    /** What the lowered kernel gives, close to what the program does. */
    Map<String, HostTensor> lowered(LoweredKernel kernel, Closeness closeness) {
        KernelResult result = Interpreter.run(kernel, expected.inputs());
        assertThat(result.status()).as("status in the interpreter").isZero();
        require("the lowered kernel and the program", expected.results(), result.outputs(), closeness);
        return result.outputs();
    }

    /** Requires of the compiled code that it gives close to {@code wanted}. */
    void compiled(CompiledCase.Ready ready, WorkerPool pool, Map<String, HostTensor> wanted, Closeness closeness) {
        Map<String, HostTensor> results = NativeRun.run(ready.lowered(), ready.code(), pool, expected.inputs());
        require("C and interpreter", wanted, results, closeness);
    }

    private void require(
            String what, Map<String, HostTensor> wanted, Map<String, HostTensor> actual, Closeness closeness) {
        assertThat(actual.keySet()).as(what).containsExactlyInAnyOrderElementsOf(wanted.keySet());
        wanted.forEach((name, tensor) -> assertThat(
                        closeness.difference(name, tensor, Objects.requireNonNull(actual.get(name))))
                .as("%s: difference in output %s of %s", what, name, kernelCase)
                .isEmpty());
    }
}

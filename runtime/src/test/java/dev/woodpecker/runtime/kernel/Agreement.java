package dev.woodpecker.runtime.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.woodpecker.compiler.interp.HostTensor;
import dev.woodpecker.compiler.interp.Interpreter;
import dev.woodpecker.compiler.interp.KernelResult;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.lower.LoweredKernel;
import dev.woodpecker.runtime.device.cpu.WorkerPool;
import java.util.Map;
import java.util.Objects;

/** The ways of running a case, each compared with the one before. */
record Agreement(KernelCase kernelCase, TensorProgram program, Map<String, HostTensor> inputs) {
    static Agreement of(CompiledCase.Ready ready) {
        return new Agreement(
                ready.kernelCase(), ready.program(), ready.kernelCase().inputs(ready.program()));
    }

    /** What the program gives. */
    Map<String, HostTensor> results() {
        return Interpreter.run(program, inputs);
    }

    /** The same, which the Java method gives too. */
    Map<String, HostTensor> reference() {
        Map<String, HostTensor> results = results();
        Map<String, HostTensor> eager = EagerRun.run(kernelCase, program, inputs);
        require("the program and the Java method", eager, results, Accuracy.ofEager(program));
        return results;
    }

    /** What the lowered kernel gives, close to {@code expected}. */
    Map<String, HostTensor> lowered(LoweredKernel kernel, Map<String, HostTensor> expected, Closeness closeness) {
        KernelResult result = Interpreter.run(kernel, inputs);
        assertThat(result.status()).as("status in the interpreter").isZero();
        require("the lowered kernel and the program", expected, result.outputs(), closeness);
        return result.outputs();
    }

    /** Requires of the compiled code that it gives close to {@code expected}. */
    void compiled(CompiledCase.Ready ready, WorkerPool pool, Map<String, HostTensor> expected, Closeness closeness) {
        Map<String, HostTensor> results = NativeRun.run(ready.lowered(), ready.code(), pool, inputs);
        require("C and interpreter", expected, results, closeness);
    }

    private void require(
            String what, Map<String, HostTensor> expected, Map<String, HostTensor> actual, Closeness closeness) {
        assertThat(actual.keySet()).as(what).containsExactlyInAnyOrderElementsOf(expected.keySet());
        expected.forEach((name, tensor) -> assertThat(
                        closeness.difference(name, tensor, Objects.requireNonNull(actual.get(name))))
                .as("%s: difference in output %s of %s", what, name, kernelCase)
                .isEmpty());
    }
}

package dev.woodpecker.compiler.interp;

import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.lower.LoweredKernel;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Runs the phases of a kernel on memories laid out as its buffers say. */
final class KernelRun {
    private final Map<String, Long> parameters;

    KernelRun(Map<String, Long> parameters) {
        this.parameters = parameters;
    }

    KernelResult run(LoweredKernel kernel, Map<String, HostTensor> inputs) {
        Map<String, Memory> memories = new LinkedHashMap<>();
        for (LoweredKernel.Argument argument : kernel.arguments()) {
            memories.put(argument.buffer().name(), memory(argument, inputs));
        }
        for (LoweredKernel.Phase phase : kernel.phases()) {
            Slots slots = new Slots();
            memories.keySet().forEach(slots::memory);
            Task task = new StmtCompiler(slots, parameters).compile(phase.body());
            try {
                new Schedule(phase.launch().block()).run(task, slots, List.copyOf(memories.values()));
            } catch (CheckFailed failed) {
                return new KernelResult(failed.code(), Map.of());
            } catch (InterpreterException wrong) {
                throw new InterpreterException(
                        "kernel " + kernel.name() + ", phase " + phase.symbol() + ": " + wrong.getMessage());
            }
            memories.values().forEach(Memory::settle);
        }
        Map<String, HostTensor> outputs = new LinkedHashMap<>();
        for (LoweredKernel.Argument argument : kernel.arguments()) {
            if (argument.role() == LoweredKernel.Role.OUTPUT) {
                String name = argument.buffer().name();
                outputs.put(name, Objects.requireNonNull(memories.get(name)).content());
            }
        }
        return new KernelResult(0, outputs);
    }

    private Memory memory(LoweredKernel.Argument argument, Map<String, HostTensor> inputs) {
        Buffer buffer = argument.buffer();
        long[] shape = Arguments.evaluate(buffer.shape(), parameters);
        return switch (argument.role()) {
            case INPUT -> {
                HostTensor tensor = Arguments.require(inputs, buffer.name(), buffer.type(), buffer.rank());
                Arguments.requireShape(buffer.name(), tensor, shape);
                yield Memory.holding(buffer.name(), tensor, buffer.scope(), buffer.layout());
            }
            case OUTPUT, WORKSPACE -> new Memory(buffer.name(), buffer.type(), buffer.scope(), shape, buffer.layout());
        };
    }
}

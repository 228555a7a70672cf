package dev.woodpecker.benchmarks.gpu;

import dev.woodpecker.benchmarks.gpu.KernelCheck.Values;
import dev.woodpecker.compiler.interp.HostTensor;
import dev.woodpecker.compiler.ir.Buffer;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.Expr;
import dev.woodpecker.compiler.ir.Scope;
import dev.woodpecker.runtime.device.cuda.driver.CudaException;
import dev.woodpecker.runtime.device.cuda.driver.DevicePointer;
import dev.woodpecker.runtime.device.cuda.driver.Release;
import dev.woodpecker.runtime.device.emulator.TensorMemory;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Every carried case of the library's kernels on the device, compared with what the interpreter had for it. */
final class CheckStep {
    static final String NAME = "checks";
    private static final byte UNWRITTEN = -1;

    /** @param problem empty where the result is right */
    record Row(String name, String problem) {}

    private CheckStep() {}

    static void run(StepContext context) throws IOException {
        StepJournal journal = context.journal(NAME);
        List<KernelCheck> checks = context.archive().contents().checks();
        for (KernelCheck check : checks) {
            if (journal.isDone(check.name())) {
                continue;
            }
            if (journal.wasFatal(check.name())) {
                journal.finish(check.name(), new Row(check.name(), "it ended the process, or did not end"));
            } else if (context.hasTime()) {
                journal.start(check.name());
                context.watchdog().begin();
                try {
                    journal.finish(
                            check.name(),
                            new Row(check.name(), wrong(context, check).orElse("")));
                } catch (CudaException refused) {
                    journal.finish(check.name(), new Row(check.name(), String.valueOf(refused.getMessage())));
                    if (refused.isSticky()) {
                        throw refused;
                    }
                } finally {
                    context.watchdog().end();
                }
            }
        }
        context.complete(NAME, checks.stream().allMatch(check -> journal.isDone(check.name())));
    }

    private static Optional<String> wrong(StepContext context, KernelCheck check) throws IOException {
        Map<String, byte[]> values = new HashMap<>();
        check.tensors()
                .forEach(tensor -> values.put(tensor.name(), Base64.getDecoder().decode(tensor.bytes())));
        List<DevicePointer> buffers = new ArrayList<>();
        Map<String, DevicePointer> byName = new HashMap<>();
        try (Arena arena = Arena.ofShared();
                DeviceKernels.Loaded kernel = context.kernels().load(check.kernel())) {
            for (Candidate.Argument argument : check.kernel().arguments()) {
                if (argument.role() != Candidate.Role.WORKSPACE) {
                    DevicePointer pointer =
                            context.driver().allocate(Math.max(1, argument.bytes()), "a case of the kernels");
                    buffers.add(pointer);
                    byName.put(argument.name(), pointer);
                    byte[] bytes = values.get(argument.name());
                    if (argument.role() == Candidate.Role.INPUT && bytes != null) {
                        context.driver().copy(memory(arena, bytes), pointer, context.stream());
                    } else {
                        context.driver().fill(pointer, UNWRITTEN, Math.max(1, argument.bytes()), context.stream());
                    }
                }
            }
            kernel.run(buffers::get);
            context.driver().synchronize(context.stream());
            int status = context.kernels().takeStatus();
            if (status != 0) {
                return Optional.of("its check " + status + " failed");
            }
            for (Candidate.Argument argument : check.kernel().arguments()) {
                DevicePointer pointer = byName.get(argument.name());
                if (argument.role() == Candidate.Role.OUTPUT && pointer != null) {
                    MemorySegment actual = arena.allocate(Math.max(1, argument.bytes()), Long.BYTES);
                    context.driver().copy(pointer, actual, context.stream());
                    context.driver().synchronize(context.stream());
                    Optional<String> problem = differs(check, argument.name(), actual);
                    if (problem.isPresent()) {
                        return problem;
                    }
                }
            }
            return Optional.empty();
        } finally {
            buffers.forEach(buffer -> Release.of(() -> context.driver().free(buffer)));
        }
    }

    private static MemorySegment memory(Arena arena, byte[] bytes) {
        MemorySegment memory = arena.allocate(Math.max(1, bytes.length), Long.BYTES);
        MemorySegment.copy(MemorySegment.ofArray(bytes), 0, memory, 0, bytes.length);
        return memory;
    }

    private static Optional<String> differs(KernelCheck check, String name, MemorySegment actual) {
        for (Values expected : check.tensors()) {
            if (expected.name().equals(name)) {
                byte[] bytes = Base64.getDecoder().decode(expected.bytes());
                DType type = DType.parse(expected.type());
                HostTensor e =
                        tensor(type, MemorySegment.ofArray(bytes.length == 0 ? new byte[1] : bytes), bytes.length);
                HostTensor a = tensor(type, actual, bytes.length);
                return type.isFloat() ? realsDiffer(check, name, e, a) : integersDiffer(name, e, a);
            }
        }
        return Optional.of("there is no expected value of " + name);
    }

    private static HostTensor tensor(DType type, MemorySegment memory, long bytes) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment aligned = arena.allocate(Math.max(1, bytes), Long.BYTES);
            MemorySegment.copy(memory, 0, aligned, 0, bytes);
            Buffer vector = Buffer.rowMajor("vector", type, List.of(Expr.index(bytes / type.bytes())), Scope.GLOBAL);
            return TensorMemory.read(vector, aligned);
        }
    }

    private static Optional<String> realsDiffer(
            KernelCheck check, String name, HostTensor expected, HostTensor actual) {
        double greatest = 0;
        for (int i = 0; i < expected.elements(); i++) {
            double value = Math.abs(expected.real(i));
            greatest = Double.isFinite(value) ? Math.max(greatest, value) : greatest;
        }
        for (int i = 0; i < expected.elements(); i++) {
            double e = expected.real(i);
            double a = actual.real(i);
            boolean near = Double.compare(e, a) == 0 || Math.abs(e - a) <= check.tolerance() * Math.max(greatest, 1e-3);
            if (!near) {
                return Optional.of(String.format(Locale.ROOT, "%s[%d] is %.8g, expected %.8g", name, i, a, e));
            }
        }
        return Optional.empty();
    }

    private static Optional<String> integersDiffer(String name, HostTensor expected, HostTensor actual) {
        for (int i = 0; i < expected.elements(); i++) {
            if (expected.integer(i) != actual.integer(i)) {
                return Optional.of(name + "[" + i + "] is " + actual.integer(i) + ", expected " + expected.integer(i));
            }
        }
        return Optional.empty();
    }
}

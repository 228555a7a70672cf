package dev.woodpecker.tuner.measure;

import dev.woodpecker.compiler.emit.CPrinter;
import dev.woodpecker.compiler.emit.Dialect;
import dev.woodpecker.compiler.ir.TensorProgram;
import dev.woodpecker.compiler.lower.LoweredKernel;
import dev.woodpecker.compiler.lower.Lowering;
import dev.woodpecker.compiler.schedule.rule.DefaultSchedule;
import dev.woodpecker.compiler.target.Numerics;
import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.runtime.device.cpu.BufferTable;
import dev.woodpecker.runtime.device.cpu.CpuKernel;
import dev.woodpecker.runtime.device.cpu.CpuTarget;
import dev.woodpecker.runtime.device.cpu.NativeLibrary;
import dev.woodpecker.runtime.device.cpu.NativeMemory;
import dev.woodpecker.runtime.device.cpu.NativePhase;
import dev.woodpecker.runtime.device.cpu.WorkerPool;
import dev.woodpecker.runtime.toolchain.CodeOptions;
import dev.woodpecker.runtime.toolchain.CpuFeatures;
import dev.woodpecker.runtime.toolchain.FileScope;
import dev.woodpecker.runtime.toolchain.KernelCompiler;
import dev.woodpecker.runtime.toolchain.SharedLibrary;
import dev.woodpecker.runtime.toolchain.Source;
import dev.woodpecker.tuner.task.TuningTask;
import dev.woodpecker.tuner.task.Variant;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * What variants compute of weights once, before they are run: made here of the weights that all variants get, by the
 * preparation's default schedule, and written to files, row-major, for the worker to lay out.
 */
final class PreparedWeights {
    private record Made(TensorProgram preparation, InputRange range, List<Integer> inputs) {
        Made {
            inputs = List.copyOf(inputs);
        }
    }

    private final KernelCompiler compiler;
    private final Path directory;
    private final Map<Made, Map<String, Path>> made = new HashMap<>();

    PreparedWeights(KernelCompiler compiler, Path directory) {
        this.compiler = compiler;
        this.directory = directory;
    }

    /** The files of a variant's prepared inputs, by their names; none for a variant without a preparation. */
    Map<String, Path> of(TuningTask task, Variant variant, InputRange range) {
        if (variant.preparation().isEmpty()) {
            return Map.of();
        }
        TensorProgram preparation = variant.preparation().get();
        List<Integer> inputs = preparation.inputs().stream()
                .map(input -> ordinal(task, input.name()))
                .toList();
        return made.computeIfAbsent(new Made(preparation, range, inputs), key -> make(key, task));
    }

    /** The place of an input among those of the task's first variant: which says what it holds. */
    static int ordinal(TuningTask task, String input) {
        List<TensorProgram.Declaration> inputs =
                task.variants().getFirst().program().inputs();
        for (int i = 0; i < inputs.size(); i++) {
            if (inputs.get(i).name().equals(input)) {
                return i;
            }
        }
        throw new IllegalArgumentException("'" + input + "' is no input of " + task.name() + "; inputs are "
                + inputs.stream().map(TensorProgram.Declaration::name).toList());
    }

    private Map<String, Path> make(Made key, TuningTask task) {
        // What a GPU runs on is prepared on the processor, as plans do it.
        Target target = task.target().isCuda() ? CpuTarget.of(compiler.cpu()) : task.target();
        LoweredKernel kernel = lowered(key.preparation, target, task.numerics());
        try (Arena arena = Arena.ofShared();
                WorkerPool pool = new WorkerPool(1)) {
            List<LoweredKernel.Argument> arguments = kernel.arguments();
            BufferTable table = new BufferTable(arena, arguments.size());
            List<MemorySegment> buffers = new ArrayList<>();
            int inputs = 0;
            for (LoweredKernel.Argument argument : arguments) {
                Arrangement arrangement = Candidates.arrangement(argument.buffer());
                MemorySegment memory = NativeMemory.allocate(arena, arrangement.bytes(), "prepared weights");
                if (argument.role() == LoweredKernel.Role.INPUT) {
                    arrangement.fill(memory, key.range, key.inputs.get(inputs++));
                }
                table.set(buffers.size(), memory);
                buffers.add(memory);
            }
            load(kernel, arena).run(pool, table, MemorySegment.NULL);
            Map<String, Path> files = new HashMap<>();
            for (int i = 0; i < arguments.size(); i++) {
                if (arguments.get(i).role() == LoweredKernel.Role.OUTPUT) {
                    Path file = directory.resolve("prepared-" + made.size() + "-" + i);
                    write(file, buffers.get(i));
                    files.put(arguments.get(i).buffer().name(), file);
                }
            }
            return files;
        }
    }

    private static LoweredKernel lowered(TensorProgram preparation, Target processor, Numerics numerics) {
        return Lowering.lower(
                preparation, DefaultSchedule.of(preparation, processor, numerics, Map.of()), processor, numerics);
    }

    /** What is compiled for the variants of a GPU's task, on any machine that has this processor. */
    static List<Source> sources(TuningTask task, CpuFeatures processor) {
        return task.variants().stream()
                .flatMap(variant -> variant.preparation().stream())
                .map(preparation -> source(lowered(preparation, CpuTarget.of(processor), task.numerics())))
                .distinct()
                .toList();
    }

    private static Source source(LoweredKernel kernel) {
        List<String> symbols =
                kernel.phases().stream().map(LoweredKernel.Phase::symbol).toList();
        String text = CPrinter.print(kernel, Dialect.C);
        List<String> all = Stream.concat(symbols.stream(), FileScope.names(text))
                .distinct()
                .toList();
        return new Source(kernel.name(), text, all, CodeOptions.fast());
    }

    private CpuKernel load(LoweredKernel kernel, Arena arena) {
        SharedLibrary compiled = compiler.compile(source(kernel));
        NativeLibrary library = NativeLibrary.open(compiled.file(), arena);
        return new CpuKernel(kernel.phases().stream()
                .map(phase -> new NativePhase(
                        library.kernel(compiled.exported(phase.symbol())),
                        Candidates.constant(phase.extent()),
                        phase.scratchBytes()))
                .toList());
    }

    private static void write(Path file, MemorySegment memory) {
        try (FileChannel channel = FileChannel.open(
                        file, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE);
                Arena arena = Arena.ofConfined()) {
            channel.map(FileChannel.MapMode.READ_WRITE, 0, memory.byteSize(), arena)
                    .copyFrom(memory);
        } catch (IOException e) {
            throw new UncheckedIOException("prepared weights cannot be written to " + file, e);
        }
    }

    /** What a file holds, laid out. */
    static void read(Path file, Arrangement arrangement, MemorySegment memory) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
                Arena arena = Arena.ofConfined()) {
            arrangement.copy(channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena), memory);
        } catch (IOException e) {
            throw new UncheckedIOException("prepared weights cannot be read from " + file, e);
        }
    }
}

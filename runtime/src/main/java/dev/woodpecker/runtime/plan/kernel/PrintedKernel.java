package dev.woodpecker.runtime.plan.kernel;

import dev.woodpecker.runtime.device.cuda.driver.MappedArgument;
import dev.woodpecker.runtime.plan.kernel.CompiledKernel.Grid;
import dev.woodpecker.runtime.plan.kernel.CompiledKernel.Phase;
import dev.woodpecker.runtime.toolchain.CodeOptions;
import dev.woodpecker.runtime.toolchain.Source;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A kernel lowered and printed, with all that is needed to run it when it is compiled.
 *
 * @param phases by their symbols in the source
 * @param workspaceBytes of the buffers that it needs besides inputs and outputs, in order
 * @param checks what its run-time checks say when they fail, from number 1
 * @param storesOnce whether each element of its results is known to be stored once, and never read
 */
record PrintedKernel(
        Source source, List<Phase> phases, List<Long> workspaceBytes, List<String> checks, boolean storesOnce) {
    PrintedKernel {
        phases = List.copyOf(phases);
        workspaceBytes = List.copyOf(workspaceBytes);
        checks = List.copyOf(checks);
    }

    CompiledKernel in(CodeMaker.Code code) {
        return new CompiledKernel(
                source.text(),
                code.file(),
                phases.stream()
                        .map(phase -> new Phase(
                                code.exported().apply(phase.symbol()),
                                phase.extent(),
                                phase.scratchBytes(),
                                phase.grid()))
                        .toList(),
                workspaceBytes,
                checks,
                storesOnce);
    }

    byte[] toBytes() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            write(out, source.name());
            write(out, source.text());
            write(out, source.options().effort().name());
            write(out, source.options().arithmetic().name());
            write(out, source.symbols());
            out.writeInt(phases.size());
            for (Phase phase : phases) {
                write(out, phase.symbol());
                out.writeLong(phase.extent());
                out.writeLong(phase.scratchBytes());
                for (int axis = 0; axis < 3; axis++) {
                    out.writeLong(phase.grid().blocks().get(axis));
                    out.writeInt(phase.grid().threads().get(axis));
                }
                out.writeLong(phase.grid().dynamicSharedBytes());
                write(
                        out,
                        phase.grid().maps().stream().map(MappedArgument::text).toList());
            }
            out.writeInt(workspaceBytes.size());
            for (long size : workspaceBytes) {
                out.writeLong(size);
            }
            write(out, checks);
            out.writeBoolean(storesOnce);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /**
     * @throws IOException if these are not the bytes of a printed kernel
     */
    static PrintedKernel of(byte[] bytes) throws IOException {
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
            String name = text(in);
            String text = text(in);
            CodeOptions options =
                    new CodeOptions(CodeOptions.Effort.valueOf(text(in)), CodeOptions.Arithmetic.valueOf(text(in)));
            Source source = new Source(name, text, texts(in), options);
            List<Phase> phases = new ArrayList<>();
            for (int left = in.readInt(); left > 0; left--) {
                phases.add(new Phase(text(in), in.readLong(), in.readLong(), grid(in)));
            }
            List<Long> workspaceBytes = new ArrayList<>();
            for (int left = in.readInt(); left > 0; left--) {
                workspaceBytes.add(in.readLong());
            }
            return new PrintedKernel(source, phases, workspaceBytes, texts(in), in.readBoolean());
        }
    }

    private static Grid grid(DataInputStream in) throws IOException {
        List<Long> blocks = new ArrayList<>();
        List<Integer> threads = new ArrayList<>();
        for (int axis = 0; axis < 3; axis++) {
            blocks.add(in.readLong());
            threads.add(in.readInt());
        }
        return new Grid(
                blocks,
                threads,
                in.readLong(),
                texts(in).stream().map(MappedArgument::parse).toList());
    }

    /** Not {@link DataOutputStream#writeUTF}, which takes 64 KB at most. */
    private static void write(DataOutputStream out, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    private static void write(DataOutputStream out, List<String> texts) throws IOException {
        out.writeInt(texts.size());
        for (String text : texts) {
            write(out, text);
        }
    }

    private static String text(DataInputStream in) throws IOException {
        return new String(in.readNBytes(in.readInt()), StandardCharsets.UTF_8);
    }

    private static List<String> texts(DataInputStream in) throws IOException {
        List<String> texts = new ArrayList<>();
        for (int left = in.readInt(); left > 0; left--) {
            texts.add(text(in));
        }
        return texts;
    }
}

package dev.woodpecker.tuner.measure;

import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.lower.LoweredKernel.Role;
import dev.woodpecker.runtime.device.cuda.driver.MappedArgument;
import dev.woodpecker.runtime.plan.kernel.CompiledKernel.Grid;
import dev.woodpecker.tuner.measure.Job.Verdict;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The language of measurer and worker: frames of a mark, a kind and content. The mark tells a frame from whatever else may
 * end up on a stream.
 */
final class Wire {
    /** What a worker says. */
    sealed interface Message {
        /** Generated code runs from now on: silence means that it does not end. */
        record Running(int candidate) implements Message {}

        /** The candidate's code has returned; what follows is the worker's own. */
        record Returned(int candidate) implements Message {}

        /** The job is done. */
        record Done(List<Verdict> verdicts) implements Message {
            public Done {
                verdicts = List.copyOf(verdicts);
            }
        }
    }

    private static final int MARK = 0x57504b31;

    private static final int JOB = 0;
    private static final int RUNNING = 1;
    private static final int RETURNED = 2;
    private static final int DONE = 3;

    private static final int TIMES = 0;
    private static final int WRONG = 1;
    private static final int NO_MEMORY = 2;
    private static final int REFUSED = 3;

    /** Writes a part of a frame. */
    private interface Writer<T> {
        void write(T value, DataOutputStream out) throws IOException;
    }

    /** Reads what a {@link Writer} wrote. */
    private interface Reader<T> {
        T read(DataInputStream in) throws IOException;
    }

    private Wire() {}

    static void send(Job job, DataOutputStream out) throws IOException {
        begin(JOB, out);
        out.writeLong(job.task());
        out.writeLong(job.inputs().least());
        out.writeLong(job.inputs().greatest());
        write(job.outputs(), out, Wire::expectation);
        write(job.candidates(), out, Wire::candidate);
        Job.Effort effort = job.effort();
        out.writeInt(effort.threads());
        out.writeInt(effort.runs());
        out.writeDouble(effort.seconds());
        out.writeDouble(effort.bestSeconds());
        out.writeLong(effort.coldBytes());
        out.writeBoolean(effort.inTurns());
        out.flush();
    }

    static Job job(DataInputStream in) throws IOException {
        int kind = kind(in);
        if (kind != JOB) {
            throw new IOException("a frame of kind " + kind + " where a job was expected");
        }
        return new Job(
                in.readLong(),
                new InputRange(in.readLong(), in.readLong()),
                read(in, Wire::expectation),
                read(in, Wire::candidate),
                new Job.Effort(
                        in.readInt(), in.readInt(), in.readDouble(), in.readDouble(), in.readLong(), in.readBoolean()));
    }

    static void send(Message message, DataOutputStream out) throws IOException {
        switch (message) {
            case Message.Running(int candidate) -> {
                begin(RUNNING, out);
                out.writeInt(candidate);
            }
            case Message.Returned(int candidate) -> {
                begin(RETURNED, out);
                out.writeInt(candidate);
            }
            case Message.Done(List<Verdict> verdicts) -> {
                begin(DONE, out);
                write(verdicts, out, Wire::verdict);
            }
        }
        out.flush();
    }

    static Message message(DataInputStream in) throws IOException {
        int kind = kind(in);
        return switch (kind) {
            case RUNNING -> new Message.Running(in.readInt());
            case RETURNED -> new Message.Returned(in.readInt());
            case DONE -> new Message.Done(read(in, Wire::verdict));
            default -> throw new IOException("a frame of unknown kind " + kind);
        };
    }

    private static void begin(int kind, DataOutputStream out) throws IOException {
        out.writeInt(MARK);
        out.writeByte(kind);
    }

    private static int kind(DataInputStream in) throws IOException {
        int mark = in.readInt();
        if (mark != MARK) {
            throw new IOException("the stream holds something else than frames: %#x".formatted(mark));
        }
        return in.readByte();
    }

    private static void expectation(Job.Expectation e, DataOutputStream out) throws IOException {
        write(e.positions(), out, Wire::number);
        write(e.bits(), out, Wire::number);
        write(e.tolerances(), out, Wire::real);
        out.writeDouble(e.greatest());
        out.writeDouble(e.tolerance());
        out.writeDouble(e.undecided());
    }

    private static Job.Expectation expectation(DataInputStream in) throws IOException {
        return new Job.Expectation(
                read(in, DataInputStream::readLong),
                read(in, DataInputStream::readLong),
                read(in, DataInputStream::readDouble),
                in.readDouble(),
                in.readDouble(),
                in.readDouble());
    }

    private static void candidate(Job.Candidate c, DataOutputStream out) throws IOException {
        text(c.library(), out);
        write(c.phases(), out, (phase, to) -> {
            text(phase.symbol(), to);
            to.writeLong(phase.extent());
            to.writeLong(phase.scratchBytes());
            grid(phase.grid(), to);
        });
        write(c.arguments(), out, Wire::argument);
        write(c.parameters(), out, Wire::number);
        write(c.checks(), out, Wire::text);
        out.writeDouble(c.toleranceFactor());
    }

    private static Job.Candidate candidate(DataInputStream in) throws IOException {
        return new Job.Candidate(
                text(in),
                read(in, from -> new Job.Phase(text(from), from.readLong(), from.readLong(), grid(from))),
                read(in, Wire::argument),
                read(in, DataInputStream::readLong),
                read(in, Wire::text),
                in.readDouble());
    }

    private static void grid(Grid grid, DataOutputStream out) throws IOException {
        write(grid.blocks(), out, Wire::number);
        write(grid.threads(), out, (threads, to) -> to.writeInt(threads));
        out.writeLong(grid.dynamicSharedBytes());
        write(grid.maps(), out, (map, to) -> text(map.text(), to));
    }

    private static Grid grid(DataInputStream in) throws IOException {
        return new Grid(
                read(in, DataInputStream::readLong),
                read(in, DataInputStream::readInt),
                in.readLong(),
                read(in, from -> MappedArgument.parse(text(from))));
    }

    private static void argument(Job.Argument a, DataOutputStream out) throws IOException {
        out.writeByte(a.role().ordinal());
        out.writeInt(a.ordinal());
        out.writeByte(a.type().ordinal());
        write(a.extents(), out, Wire::number);
        text(a.layout().text(), out);
        out.writeBoolean(a.cold());
        text(a.content().orElse(""), out);
    }

    private static Job.Argument argument(DataInputStream in) throws IOException {
        Role role = Role.values()[in.readByte()];
        int ordinal = in.readInt();
        DType type = DType.values()[in.readByte()];
        List<Long> extents = read(in, DataInputStream::readLong);
        LayoutMap layout = LayoutMap.parse(extents.size(), text(in));
        boolean cold = in.readBoolean();
        String content = text(in);
        return new Job.Argument(
                role,
                ordinal,
                type,
                extents,
                layout,
                cold,
                content.isEmpty() ? Optional.empty() : Optional.of(content));
    }

    private static void verdict(Verdict verdict, DataOutputStream out) throws IOException {
        switch (verdict) {
            case Verdict.Times(List<Double> seconds) -> {
                out.writeByte(TIMES);
                write(seconds, out, Wire::real);
            }
            case Verdict.Wrong(String reason, boolean isHarmless) -> {
                out.writeByte(WRONG);
                text(reason, out);
                out.writeBoolean(isHarmless);
            }
            case Verdict.NoMemory(String reason) -> {
                out.writeByte(NO_MEMORY);
                text(reason, out);
            }
            case Verdict.Refused(String reason) -> {
                out.writeByte(REFUSED);
                text(reason, out);
            }
        }
    }

    private static Verdict verdict(DataInputStream in) throws IOException {
        int kind = in.readByte();
        return switch (kind) {
            case TIMES -> new Verdict.Times(read(in, DataInputStream::readDouble));
            case WRONG -> new Verdict.Wrong(text(in), in.readBoolean());
            case NO_MEMORY -> new Verdict.NoMemory(text(in));
            case REFUSED -> new Verdict.Refused(text(in));
            default -> throw new IOException("a verdict of unknown kind " + kind);
        };
    }

    private static <T> void write(List<T> list, DataOutputStream out, Writer<? super T> each) throws IOException {
        out.writeInt(list.size());
        for (T value : list) {
            each.write(value, out);
        }
    }

    private static <T> List<T> read(DataInputStream in, Reader<? extends T> each) throws IOException {
        int size = in.readInt();
        List<T> list = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            list.add(each.read(in));
        }
        return list;
    }

    private static void number(long value, DataOutputStream out) throws IOException {
        out.writeLong(value);
    }

    private static void real(double value, DataOutputStream out) throws IOException {
        out.writeDouble(value);
    }

    /** Of any length: what {@code writeUTF} takes is limited, and a check's text may be long. */
    private static void text(String value, DataOutputStream out) throws IOException {
        byte[] bytes = value.getBytes(java.nio.charset.StandardCharsets.UTF_8);
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    private static String text(DataInputStream in) throws IOException {
        return new String(in.readNBytes(in.readInt()), java.nio.charset.StandardCharsets.UTF_8);
    }
}

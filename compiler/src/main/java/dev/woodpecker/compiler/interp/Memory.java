package dev.woodpecker.compiler.interp;

import dev.woodpecker.compiler.ir.Arithmetic;
import dev.woodpecker.compiler.ir.DType;
import dev.woodpecker.compiler.ir.LayoutMap;
import dev.woodpecker.compiler.ir.Scope;
import java.util.Arrays;

/**
 * The elements of a buffer as they lie in memory, with what was written by whom: reading what nobody wrote, and two
 * threads accessing an element without a barrier between, one of them writing, are errors. Only padding may be read and
 * computed with before it is written: it is NaN then, so that it shows where it reaches a result.
 */
final class Memory {
    private static final int UNWRITTEN = 0;
    private static final long INTEGER_POISON = 0x5a5a_5a5a_5a5a_5a5aL;
    /** Written before the phase began. */
    private static final int SETTLED = -1;

    private final String name;
    private final DType type;
    private final Scope scope;
    private final long[] shape;
    private final LayoutMap layout;
    private final long[] sizes;
    /** The axis of each dimension of memory where all are whole axes: then nothing has to be divided; else empty. */
    private final int[] wholeAxes;

    private final double[] reals;
    private final long[] integers;
    private final boolean[] isElement;
    /** Per element the writer's block + 1, thread and epoch. */
    private final int[] writerBlock;

    private final int[] writerThread;
    private final int[] writerEpoch;
    /** Elements that asynchronous copies are on their way to. */
    private final boolean[] isAwaited;
    /** Per element the last reader's thread + 1 and epoch; in shared memory only. */
    private final int[] readerThread;

    private final int[] readerEpoch;

    Memory(String name, DType type, Scope scope, long[] shape, LayoutMap layout) {
        this.name = name;
        this.type = type;
        this.scope = scope;
        this.shape = shape;
        this.layout = layout;
        this.sizes = layout.dimensions().stream()
                .mapToLong(d -> d.size(shape[d.axis()]))
                .toArray();
        this.wholeAxes = wholeAxes(layout);
        int elements = Math.toIntExact(layout.elements(shape));
        this.reals = new double[type.isFloat() ? elements : 0];
        this.integers = new long[type.isFloat() ? 0 : elements];
        this.isElement = new boolean[elements];
        this.writerBlock = new int[elements];
        this.writerThread = new int[elements];
        this.writerEpoch = new int[elements];
        this.isAwaited = new boolean[elements];
        boolean shared = scope == Scope.SHARED;
        this.readerThread = new int[shared ? elements : 0];
        this.readerEpoch = new int[shared ? elements : 0];
        if (elements == product(shape)) {
            Arrays.fill(isElement, true);
        } else {
            forEach((_, offset) -> isElement[offset] = true);
        }
    }

    /** The memory of an argument with this content; padding is zero. */
    static Memory holding(String name, HostTensor content, Scope scope, LayoutMap layout) {
        Memory memory = new Memory(name, content.type(), scope, content.shape(), layout);
        Arrays.fill(memory.writerBlock, SETTLED);
        memory.forEach((position, offset) -> {
            if (memory.type.isFloat()) {
                memory.reals[offset] = content.real(position);
            } else {
                memory.integers[offset] = content.integer(position);
            }
        });
        return memory;
    }

    /** Memory of the same kind that nobody has written. */
    Memory blank() {
        return new Memory(name, type, scope, shape, layout);
    }

    /** The tensor in logical order; every element must have been written. */
    HostTensor content() {
        HostTensor tensor = HostTensor.zeros(type, shape);
        forEach((position, offset) -> {
            if (writerBlock[offset] == UNWRITTEN) {
                throw new InterpreterException(
                        "element " + Arrays.toString(logical(position)) + " of " + name + " was never written");
            }
            if (type.isFloat()) {
                tensor.set(position, reals[offset]);
            } else {
                tensor.set(position, integers[offset]);
            }
        });
        return tensor;
    }

    /** A phase ends: what was written is seen by all. */
    void settle() {
        for (int i = 0; i < writerBlock.length; i++) {
            if (writerBlock[i] != UNWRITTEN) {
                writerBlock[i] = SETTLED;
            }
        }
    }

    DType type() {
        return type;
    }

    Scope scope() {
        return scope;
    }

    int rank() {
        return shape.length;
    }

    /** The number of elements, padding included. */
    int elements() {
        return writerBlock.length;
    }

    long extent(int axis) {
        return shape[axis];
    }

    /** Where the element of a tile lies whose first one is at {@code start}; axes of a tile are the last of the memory. */
    int offset(int start, long[] position) {
        long[] index = layout.index(start, shape);
        for (int axis = 0; axis < position.length; axis++) {
            int own = index.length - position.length + axis;
            index[own] += position[axis];
            if (index[own] >= shape[own] && layout.isTwisted()) {
                throw outside(own, index[own]);
            }
        }
        return checked(layout.offset(index, shape));
    }

    /** Where an element lies, by its logical index; padding is within bounds. */
    int offset(LongCode[] indices, Frame frame, int lane) {
        if (indices.length != shape.length) {
            return checked(indices[0].run(frame, lane));
        }
        return wholeAxes.length > 0 ? wholeOffset(indices, frame, lane) : splitOffset(indices, frame, lane);
    }

    private int wholeOffset(LongCode[] indices, Frame frame, int lane) {
        long offset = 0;
        for (int d = 0; d < wholeAxes.length; d++) {
            long index = indices[wholeAxes[d]].run(frame, lane);
            if (index < 0 || index >= sizes[d]) {
                throw outside(wholeAxes[d], index);
            }
            offset = offset * sizes[d] + index;
        }
        return (int) offset;
    }

    private int splitOffset(LongCode[] indices, Frame frame, int lane) {
        long offset = 0;
        long[] index = new long[indices.length];
        for (int axis = 0; axis < index.length; axis++) {
            index[axis] = indices[axis].run(frame, lane);
        }
        for (int d = 0; d < sizes.length; d++) {
            LayoutMap.Dimension dimension = layout.dimensions().get(d);
            long position = dimension.position(index);
            if (index[dimension.axis()] < 0 || position >= sizes[d]) {
                throw outside(dimension.axis(), index[dimension.axis()]);
            }
            offset = offset * sizes[d] + position;
        }
        return (int) offset;
    }

    int checked(long offset) {
        if (offset < 0 || offset >= writerBlock.length) {
            throw new InterpreterException(
                    "offset " + offset + " is outside " + name + " of " + writerBlock.length + " elements");
        }
        return (int) offset;
    }

    double real(int offset, Worker worker) {
        return read(offset, worker) ? reals[offset] : Double.NaN;
    }

    long integer(int offset, Worker worker) {
        return read(offset, worker) ? integers[offset] : Arithmetic.wrap(type, INTEGER_POISON);
    }

    void set(int offset, double value, Worker worker) {
        write(offset, worker);
        reals[offset] = value;
    }

    void set(int offset, long value, Worker worker) {
        write(offset, worker);
        integers[offset] = value;
    }

    /** Any element as a {@code double}, for intrinsics. */
    double number(int offset, Worker worker) {
        return type.isFloat() ? real(offset, worker) : integer(offset, worker);
    }

    void setNumber(int offset, double value, Worker worker) {
        if (type.isFloat()) {
            set(offset, Arithmetic.round(type, value), worker);
        } else {
            set(offset, Arithmetic.wrap(type, (long) value), worker);
        }
    }

    /** An asynchronous copy to an element starts: from now on it may be written at any time. */
    void start(int offset, Worker worker) {
        requireWritable(offset, worker);
        isAwaited[offset] = true;
    }

    /** An asynchronous copy is waited for. */
    void arrive(int offset, double value, Worker worker) {
        isAwaited[offset] = false;
        setNumber(offset, value, worker);
    }

    private void requireArrived(int offset, Worker worker, String accesses) {
        if (isAwaited[offset]) {
            throw new InterpreterException(worker + " " + accesses + " element " + offset + " of " + name
                    + ", to which an asynchronous copy is under way that was not waited for");
        }
    }

    /** Whether the element has a value. */
    private boolean read(int offset, Worker worker) {
        requireArrived(offset, worker, "reads");
        int block = writerBlock[offset];
        if (block == UNWRITTEN && !isElement[offset]) {
            return false;
        }
        if (block == UNWRITTEN) {
            throw new InterpreterException(
                    worker + " reads element " + offset + " of " + name + ", which was never written");
        }
        if (isRace(offset, worker)) {
            throw new InterpreterException(worker + " reads element " + offset + " of " + name + ", which thread "
                    + writerThread[offset] + " of block " + (block - 1) + " wrote without a barrier between");
        }
        if (readerThread.length > 0) {
            boolean others = readerEpoch[offset] == worker.block().epoch
                    && readerThread[offset] > 0
                    && readerThread[offset] != worker.thread() + 1;
            readerThread[offset] = others ? Integer.MAX_VALUE : worker.thread() + 1;
            readerEpoch[offset] = worker.block().epoch;
        }
        return true;
    }

    private void write(int offset, Worker worker) {
        requireWritable(offset, worker);
        writerBlock[offset] = worker.block().number + 1;
        writerThread[offset] = worker.thread();
        writerEpoch[offset] = worker.block().epoch;
    }

    private void requireWritable(int offset, Worker worker) {
        requireArrived(offset, worker, "writes");
        if (isRace(offset, worker)) {
            throw new InterpreterException("element " + offset + " of " + name + " is written by " + worker
                    + " and by thread " + writerThread[offset] + " of block " + (writerBlock[offset] - 1)
                    + " without a barrier between");
        }
        if (readerThread.length > 0
                && readerEpoch[offset] == worker.block().epoch
                && readerThread[offset] > 0
                && readerThread[offset] != worker.thread() + 1) {
            throw new InterpreterException(worker + " writes element " + offset + " of " + name
                    + ", which another thread reads, without a barrier between");
        }
    }

    /** Whether the last write is not ordered before what {@code worker} does now. */
    private boolean isRace(int offset, Worker worker) {
        int block = writerBlock[offset];
        if (block == UNWRITTEN || block == SETTLED || scope == Scope.REGISTER || scope == Scope.FRAGMENT) {
            return false;
        }
        return block != worker.block().number + 1
                || writerThread[offset] != worker.thread() && writerEpoch[offset] == worker.block().epoch;
    }

    private InterpreterException outside(int axis, long index) {
        return new InterpreterException(
                "index " + index + " is outside axis " + axis + " of " + name + " of shape " + Arrays.toString(shape));
    }

    private interface Element {
        void at(int position, int offset);
    }

    /** Every element: its row-major position and where it lies. */
    private void forEach(Element action) {
        int elements = product(shape);
        for (int position = 0; position < elements; position++) {
            action.at(position, (int) layout.offset(logical(position), shape));
        }
    }

    private static int product(long[] shape) {
        int elements = 1;
        for (long extent : shape) {
            elements = Math.multiplyExact(elements, Math.toIntExact(extent));
        }
        return elements;
    }

    private static int[] wholeAxes(LayoutMap layout) {
        boolean whole = layout.dimensions().stream()
                .allMatch(d -> d.divisor() == 1 && d.modulus() == 0 && d.twist().isEmpty());
        return whole
                ? layout.dimensions().stream()
                        .mapToInt(LayoutMap.Dimension::axis)
                        .toArray()
                : new int[0];
    }

    private long[] logical(int position) {
        long[] index = new long[shape.length];
        long rest = position;
        for (int axis = shape.length - 1; axis >= 0; axis--) {
            index[axis] = rest % shape[axis];
            rest /= shape[axis];
        }
        return index;
    }
}

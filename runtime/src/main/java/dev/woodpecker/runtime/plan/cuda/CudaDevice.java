package dev.woodpecker.runtime.plan.cuda;

import dev.woodpecker.compiler.target.Target;
import dev.woodpecker.runtime.device.cuda.CudaArchitecture;
import dev.woodpecker.runtime.device.cuda.CudaCompiler;
import dev.woodpecker.runtime.device.cuda.driver.CudaDriver;
import dev.woodpecker.runtime.device.cuda.driver.CudaException;
import dev.woodpecker.runtime.device.cuda.driver.CudaHandle.Stream;
import dev.woodpecker.runtime.device.cuda.driver.DeviceFacts;
import dev.woodpecker.runtime.device.cuda.driver.DevicePointer;
import dev.woodpecker.runtime.device.cuda.driver.JcudaDriver;
import dev.woodpecker.runtime.device.emulator.EmulatedDriver;
import dev.woodpecker.runtime.device.emulator.Emulator;
import dev.woodpecker.runtime.plan.kernel.CodeMaker;
import dev.woodpecker.runtime.toolchain.CacheDirectory;
import dev.woodpecker.runtime.toolchain.CudaReadiness;
import dev.woodpecker.runtime.toolchain.Environment;
import dev.woodpecker.runtime.toolchain.SharedObjectSearch;
import dev.woodpecker.runtime.vendor.cuda.DeviceVendor;
import dev.woodpecker.runtime.vendor.cuda.NvidiaVendor;
import java.lang.foreign.MemorySegment;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.WeakHashMap;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * A device that models run on, with what makes its code. Once a kernel has damaged the device's context nothing of this
 * process can use it any more: whoever tries is told so at once, with the first failure, instead of waiting.
 */
public final class CudaDevice {
    /** More than what is emulated would ever be waited for. */
    private static final long EMULATED_BYTES = 4L << 30;

    /** A process has one context on a device, whatever is loaded there; these last as long as the process. */
    private static final Map<Integer, CudaDriver> DRIVERS = new HashMap<>();

    /** A device's libraries last as long as the process, as its context does. */
    private static final Map<CudaDriver, Optional<DeviceVendor>> VENDORS = new HashMap<>();

    /** By driver: all who use one device are damaged together. */
    private static final Map<CudaDriver, CudaException> DAMAGED = Collections.synchronizedMap(new WeakHashMap<>());

    private final CudaDriver driver;
    private final Target target;
    private final CodeMaker code;
    /** Looked for when it is first wanted: loading cuDNN takes a second. */
    private final Supplier<Optional<DeviceVendor>> vendor;

    private CudaDevice(CudaDriver driver, Target target, CodeMaker code, Supplier<Optional<DeviceVendor>> vendor) {
        this.driver = driver;
        this.target = target;
        this.code = code;
        this.vendor = vendor;
    }

    /**
     * The device that was asked for.
     *
     * @throws CudaException naming what is missing and what to do about it
     * @throws dev.woodpecker.runtime.toolchain.ToolchainException if there is no compiler for it
     */
    public static CudaDevice open(CudaChoice choice, Environment environment) {
        CacheDirectory cache = CacheDirectory.open(environment);
        if (choice.isEmulated()) {
            return emulated(environment, cache);
        }
        CudaDriver driver = driver(choice.ordinal(), cache);
        Target target = choice.target(driver.facts());
        CudaCompiler compiler = CudaCompiler.discover(environment, cache);
        return new CudaDevice(
                driver,
                target,
                new CubinMaker(compiler, CudaArchitecture.parse(target.architecture()), cache),
                () -> nvidia(driver, environment));
    }

    private static Optional<DeviceVendor> nvidia(CudaDriver driver, Environment environment) {
        synchronized (VENDORS) {
            return VENDORS.computeIfAbsent(driver, _ -> {
                Optional<DeviceVendor> found =
                        NvidiaVendor.find(SharedObjectSearch.of(environment), driver::makeCurrent);
                if (found.isEmpty()) {
                    System.getLogger(CudaDevice.class.getName())
                            .log(
                                    System.Logger.Level.WARNING,
                                    "neither cuDNN nor cuBLASLt is there, and generated kernels compute all;"
                                            + " wpk doctor says where they are looked for");
                }
                return found;
            });
        }
    }

    /**
     * The device that was asked for, to run code on that is made already: no compiler is looked for.
     *
     * @throws CudaException naming what is missing and what to do about it
     * @throws IllegalArgumentException if that is the emulator, which runs texts
     */
    public static CudaDevice openForMadeCode(CudaChoice choice, Environment environment) {
        if (choice.isEmulated()) {
            throw new IllegalArgumentException(
                    "plan files hold machine code of GPUs, and the emulator executes CUDA texts: load the ONNX model");
        }
        CacheDirectory cache = CacheDirectory.open(environment);
        CudaDriver driver = driver(choice.ordinal(), cache);
        return new CudaDevice(
                driver, choice.target(driver.facts()), CodeMaker.none(cache), () -> nvidia(driver, environment));
    }

    /** What makes code for an architecture, of which no device need be there. */
    public static CodeMaker codeMaker(Target target, Environment environment) {
        CacheDirectory cache = CacheDirectory.open(environment);
        return new CubinMaker(
                CudaCompiler.discover(environment, cache), CudaArchitecture.parse(target.architecture()), cache);
    }

    private static CudaDevice emulated(Environment environment, CacheDirectory cache) {
        Emulator emulator = Emulator.of(environment);
        return ofText(new EmulatedDriver(emulator, EmulatedDriver.facts(EMULATED_BYTES)), cache);
    }

    /** A device that is not there: code is made for it, as for a usual one of its generation, and all else is refused. */
    public static CudaDevice onPaper(Target target, Environment environment) {
        return new CudaDevice(PaperDriver.of(target), target, codeMaker(target, environment), Optional::empty);
    }

    /** A device whose driver loads CUDA text instead of cubins. */
    public static CudaDevice ofText(CudaDriver driver, CacheDirectory cache) {
        return new CudaDevice(driver, Target.parse("cuda:sm_80"), new CudaTextMaker(cache), Optional::empty);
    }

    /** The same device with a library to choose from. */
    public CudaDevice with(DeviceVendor library) {
        return new CudaDevice(driver, target, code, () -> Optional.of(library));
    }

    /** The libraries that compute kernels on it, if there are any. */
    Optional<DeviceVendor> vendor() {
        return vendor.get();
    }

    private static CudaDriver driver(int ordinal, CacheDirectory cache) {
        return switch (CudaReadiness.ofProcess()) {
            case CudaReadiness.Lacking(String what, String remedy) ->
                throw CudaException.missing("cannot run on CUDA: " + what + ". Remedy: " + remedy
                        + ". Without a target, models run on the processor");
            case CudaReadiness.Ready ready
            when ordinal >= ready.devices().size() ->
                throw CudaException.missing("there is no device cuda:" + ordinal + "; there are "
                        + ready.devices().size() + ", cuda:0 first: " + ready.devices());
            case CudaReadiness.Ready _ -> {
                synchronized (DRIVERS) {
                    yield DRIVERS.computeIfAbsent(ordinal, number -> JcudaDriver.open(number, cache));
                }
            }
        };
    }

    public CudaDriver driver() {
        return driver;
    }

    public DeviceFacts facts() {
        return driver.facts();
    }

    /** What its code is made for. */
    public Target target() {
        return target;
    }

    /** Makes its code. */
    public CodeMaker code() {
        return code;
    }

    /**
     * @throws CudaException if the device was damaged before
     */
    void check() {
        Optional.ofNullable(DAMAGED.get(driver)).ifPresent(first -> {
            throw CudaException.of(
                    "an earlier kernel of this process damaged the device's context (" + first.getMessage()
                            + "): this call",
                    first.code(),
                    "CUDA error");
        });
    }

    /** What {@code work} gives, if the device is whole, and remembers if it is not afterwards. */
    <T> T use(Supplier<T> work) {
        check();
        try {
            return work.get();
        } catch (CudaException failure) {
            if (failure.isSticky()) {
                DAMAGED.putIfAbsent(driver, failure);
            }
            throw failure;
        }
    }

    void run(Runnable work) {
        Object _ = use(() -> {
            work.run();
            return true;
        });
    }

    /** Gives something back; of a damaged device nothing is there to be given back. */
    void release(Consumer<CudaDriver> release) {
        if (DAMAGED.get(driver) != null) {
            return;
        }
        try {
            release.accept(driver);
        } catch (CudaException failure) {
            if (!failure.isSticky()) {
                throw failure;
            }
            DAMAGED.putIfAbsent(driver, failure);
        }
    }

    /** Copies to the device, and is done when this returns. */
    public void upload(MemorySegment from, DevicePointer to) {
        transfer(stream -> driver.copy(from, to, stream));
    }

    /** Copies from the device, and is done when this returns. */
    public void download(DevicePointer from, MemorySegment to) {
        transfer(stream -> driver.copy(from, to, stream));
    }

    private void transfer(Consumer<Stream> copy) {
        run(() -> {
            Stream stream = driver.createStream();
            try {
                copy.accept(stream);
                driver.synchronize(stream);
            } finally {
                release(d -> d.destroy(stream));
            }
        });
    }

    /** Memory that the caller gives back by {@link #free}. */
    public DevicePointer allocate(long bytes, String purpose) {
        return use(() -> driver.allocate(bytes, purpose));
    }

    public void free(DevicePointer memory) {
        release(d -> d.free(memory));
    }
}

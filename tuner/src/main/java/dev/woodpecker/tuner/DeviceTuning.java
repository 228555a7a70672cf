package dev.woodpecker.tuner;

import dev.woodpecker.runtime.device.cuda.CudaArchitecture;
import dev.woodpecker.runtime.device.cuda.CudaCompiler;
import dev.woodpecker.runtime.plan.cuda.CudaChoice;
import dev.woodpecker.runtime.plan.cuda.CudaDevice;
import dev.woodpecker.runtime.records.MachineName;
import dev.woodpecker.runtime.toolchain.CacheDirectory;
import dev.woodpecker.runtime.toolchain.Environment;
import dev.woodpecker.tuner.cost.cuda.Multiprocessor;
import dev.woodpecker.tuner.measure.DeviceCeiling;
import dev.woodpecker.tuner.measure.DeviceCode;
import dev.woodpecker.tuner.measure.DeviceMeasurer;
import dev.woodpecker.tuner.measure.MeasureOptions;
import dev.woodpecker.tuner.report.Rates;

/**
 * What tuning on a GPU that is at hand needs.
 *
 * @param choice what was asked for; a worker opens the same
 */
public record DeviceTuning(CudaDevice device, CudaChoice choice, Environment environment) {
    private static final String EMULATED = "; times are the emulator's, and say nothing about any GPU";

    /** As records name it. */
    public String machine() {
        return MachineName.of(device.target(), device.facts());
    }

    /** One line. */
    public String compiler() {
        return choice.isEmulated()
                ? "none: the text is emulated"
                : CudaCompiler.discover(environment, CacheDirectory.open(environment))
                        .summary();
    }

    /** The peak is that of the units that compute in single precision, by the device's own figures. */
    public Rates rates() {
        double lanes = Multiprocessor.of(device.target()).lanes();
        return new Rates(
                1e-9 * flopsPerSecond(lanes),
                "fp32 peak by its units and highest clock",
                machine() + (choice.isEmulated() ? EMULATED : ""));
    }

    private double flopsPerSecond(double lanes) {
        return 2
                * lanes
                * device.facts().multiprocessors()
                * 1e3
                * device.facts().clockKilohertz();
    }

    /** @param jobs candidates that are built at a time */
    public DeviceMeasurer measurer(int jobs) {
        if (choice.isEmulated()) {
            return new DeviceMeasurer(
                    choice.text(),
                    cache -> DeviceCode.of(
                            CudaDevice.ofText(device.driver(), cache).code()),
                    DeviceCeiling.NONE,
                    jobs,
                    MeasureOptions.ofEmulatedDevice(),
                    environment);
        }
        CudaArchitecture architecture = CudaArchitecture.parse(device.target().architecture());
        return new DeviceMeasurer(
                choice.text(),
                cache -> DeviceCode.ofCubins(CudaCompiler.discover(environment, cache), architecture),
                new DeviceCeiling(
                        flopsPerSecond(Multiprocessor.of(device.target()).tensorLanes())),
                jobs,
                MeasureOptions.ofDevice(),
                environment);
    }
}

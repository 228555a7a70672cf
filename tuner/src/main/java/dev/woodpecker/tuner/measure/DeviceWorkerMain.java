package dev.woodpecker.tuner.measure;

import dev.woodpecker.runtime.plan.cuda.CudaChoice;
import dev.woodpecker.runtime.plan.cuda.CudaDevice;
import dev.woodpecker.runtime.toolchain.Environment;
import java.io.IOException;

/**
 * The process that runs candidates on a device, of which it has a context of its own. It is started by {@link
 * DeviceMeasurer} alone, and ends when its input does, or when a candidate has damaged the context.
 */
public final class DeviceWorkerMain {
    private DeviceWorkerMain() {}

    /** Takes the device, as {@code --target} names it. */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        CudaChoice choice = CudaChoice.parse(arguments[0]);
        WorkerMain.serve(listener -> new DeviceWorker(device(choice).driver(), listener));
    }

    private static CudaDevice device(CudaChoice choice) {
        Environment environment = Environment.ofProcess();
        return choice.isEmulated()
                ? CudaDevice.open(choice, environment)
                : CudaDevice.openForMadeCode(choice, environment);
    }
}

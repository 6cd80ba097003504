import { type Bmc, bootTargets, resetTypes } from './bmc.js';

/** Bodies as the emulator of sushy-tools words them (schema versions and links), which clients are written against. */
export const serviceRoot = {
  '@odata.type': '#ServiceRoot.v1_5_0.ServiceRoot',
  Id: 'RedvirtService',
  Name: 'Redvirt Service',
  RedfishVersion: '1.5.0',
  UUID: '85775665-c110-4b85-8989-e6162170b3ec',
  Systems: { '@odata.id': '/redfish/v1/Systems' },
  '@odata.id': '/redfish/v1/',
};

export function systemPath(id: string): string {
  return `/redfish/v1/Systems/${id}`;
}

export function systemCollection(ids: readonly string[]): object {
  return {
    '@odata.type': '#ComputerSystemCollection.ComputerSystemCollection',
    Name: 'Computer System Collection',
    'Members@odata.count': ids.length,
    Members: ids.map((id) => ({ '@odata.id': systemPath(id) })),
    '@odata.context': '/redfish/v1/$metadata#ComputerSystemCollection.ComputerSystemCollection',
    '@odata.id': '/redfish/v1/Systems',
  };
}

/** The emulator has no LastResetTime; boards do, so this has it in addition. */
export function computerSystem(bmc: Bmc): object {
  const id = bmc.machine.systemUuid;
  return {
    '@odata.type': '#ComputerSystem.v1_13_0.ComputerSystem',
    Id: id,
    Name: bmc.machine.name,
    UUID: id,
    Manufacturer: 'Faultline World',
    Status: { State: 'Enabled', Health: 'OK', HealthRollUp: 'OK' },
    PowerState: bmc.power,
    LastResetTime: new Date(bmc.lastResetAt).toISOString(),
    Boot: {
      BootSourceOverrideEnabled: bmc.bootsOnce ? 'Once' : 'Continuous',
      BootSourceOverrideTarget: bmc.bootTarget,
      'BootSourceOverrideTarget@Redfish.AllowableValues': bootTargets,
      BootSourceOverrideMode: 'UEFI',
    },
    Actions: {
      '#ComputerSystem.Reset': {
        target: `${systemPath(id)}/Actions/ComputerSystem.Reset`,
        'ResetType@Redfish.AllowableValues': resetTypes,
      },
    },
    '@odata.context': '/redfish/v1/$metadata#ComputerSystem.ComputerSystem',
    '@odata.id': systemPath(id),
  };
}

export function redfishError(message: string): object {
  return {
    error: {
      code: 'Base.1.0.GeneralError',
      message,
      '@Message.ExtendedInfo': [
        { '@odata.type': '/redfish/v1/$metadata#Message.1.0.0.Message', MessageId: 'Base.1.0.GeneralError' },
      ],
    },
  };
}
